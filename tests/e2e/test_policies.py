"""An admin changes policies in Slack: previewed, saved, used at once; with another admin in between, and back again."""

import pytest

from infra.sandbox.company import POLICIES_FILE
from infra.sandbox.slack.screen import Modal
from tests.e2e.play import MakePlay, Play, Target

pytestmark = pytest.mark.asyncio(loop_scope="session")

STAGING_READ = Target("Payments Staging", "111122224444", "ReadOnlyAccess")


async def preview(play: Play, who: str, modal: Modal) -> Modal:
    answer = await modal.submit()
    assert not answer.errors, answer.errors
    return await play.person(who).modal("What this changes")


async def save(modal: Modal, why: str) -> None:
    await modal.fill("Why", why)
    answer = await modal.submit()
    assert not answer.errors, answer.errors


async def opened(play: Play, who: str, line: str, title: str, words: str) -> Modal:
    await play.person(who).types(line)
    modal = await play.person(who).modal(title)
    await modal.shows(words)
    return modal


async def test_a_policy_made_in_slack_is_used_at_once_and_taken_back_by_restoring(make_play: MakePlay) -> None:
    play = await make_play()
    frank = play.person("frank")
    modal = await opened(play, "frank", "/team policy create eligibility", "Eligibility policy", "Longest access")
    await modal.fill("Name", "data-reads-payments")
    await modal.fill("Longest access", "soon")
    assert set((await modal.submit()).errors) == {"Groups", "Accounts", "Permission sets", "Longest access"}
    await modal.choose("Groups", "Data Engineers")
    await modal.choose("OUs", "Workloads / Payments")
    await modal.choose("Permission sets", "ReadOnlyAccess")
    await modal.fill("Longest access", "2h")
    await modal.choose("Approval", "Not needed")
    shown = await preview(play, "frank", modal)
    assert "ReadOnlyAccess in Payments Staging" in shown.text()
    await shown.press("Back to the form")
    modal = await frank.modal("Eligibility policy")
    assert (modal.value("Name"), modal.value("Longest access")) == ("data-reads-payments", "2h")
    await save(await preview(play, "frank", modal), "Data compares the ledgers")
    await (await frank.modal("Saved")).shows("Revision 2 is in effect now")

    await play.ask("grace", STAGING_READ)
    await play.until_held(STAGING_READ.held_by("grace@example.com"))

    code, _, told = await play.run("policy", "apply", str(POLICIES_FILE))
    assert code == 1
    assert "revision 2, Frank" in told
    assert "eligibility.data-reads-payments (Data compares the ledgers)" in told
    assert "--based-on 2" in told

    message = await play.command("frank", "/team policy history", "Data compares the ledgers")
    await message.press("Look", near="Revision 1")
    revision = await frank.modal("Revision 1")
    await revision.press("Restore")
    shown = await frank.modal("What this changes")
    assert "🗑️ Eligibility policy data-reads-payments: deleted" in await shown.shows("Will no longer be able")
    await save(shown, "They are compared")
    await (await frank.modal("Saved")).shows("Revision 3 is in effect now")
    await play.command("frank", "/team policy show data-reads-payments", "There is no policy")
    assert play.aws.assignments() == {STAGING_READ.held_by("grace@example.com")}
    assert play.stage.slack.complaints == []
    assert [(call.method, call.error) for call in play.stage.slack.calls.refused()] == []
    await play.verified()


async def test_two_admins_see_each_other_and_none_is_locked_out(make_play: MakePlay) -> None:
    play = await make_play()
    await play.add_admins("erin")
    play.stage.slack.workspace.add_channel("payments-new", ["frank", "erin"])
    play.stage.slack.workspace.user("ada").is_admin = True
    await play.command("ada", "/team policy list", "Only admins can use this")
    await play.command("ada", "/team settings", "Only admins can use this")
    for who in ("@ada", "ada@example.com"):
        line = f"/team policy explain {who} Payments Prod PowerUserAccess"
        said = (await play.command("frank", line, "Ada Lovelace")).text()
        assert "May ask: yes, by policy payments-engineers." in said

    franks = await opened(play, "frank", "/team policy edit payments-approvers", "Approval policy", "Channels")
    await franks.choose("Channels", "payments-new")
    hers = await opened(play, "erin", "/team policy edit payments-approvers", "Approval policy", "Channels")
    await hers.fill("Approvals required", "9")
    assert "Only 3 of 9 approvals could be given" in (await hers.submit()).errors["Approvals required"]
    await hers.fill("Approvals required", "2")
    franks_preview, her_preview = await preview(play, "frank", franks), await preview(play, "erin", hers)
    await save(her_preview, "four eyes")
    await (await play.person("erin").modal("Saved")).shows("Revision 2 is in effect now")
    await franks_preview.shows("It joins when you save")
    await save(franks_preview, "a second channel")
    again = await play.person("frank").modal("What this changes")
    said = await again.shows("Not saved: others were faster")
    assert "four eyes" in said
    assert "Approvals required: 1 → 2" in said
    assert again.value("Why") == "a second channel"
    assert not (await again.submit()).errors
    await (await play.person("frank").modal("Saved")).shows("Revision 3 is in effect now")
    whole = (
        await play.command("frank", "/team policy show \u201cPayments-approvers\u201d", "Approvals required")
    ).text()
    assert "#payments-new" in whole
    assert "Approvals required\n2" in whole
    bot = next(iter(play.stage.slack.workspace.apps.values())).bot_user_id
    assert bot in play.stage.slack.workspace.channel("payments-new").members

    settings = await opened(play, "frank", "/team settings", "Settings", "Admin group")
    await settings.choose("Admin group", "Payments Leads")
    assert "teambot policy apply" in (await settings.submit()).errors["Admin group"]
    await settings.choose("Admin group", "team-admins")
    await settings.fill("Longest access", "3h")
    shown = await preview(play, "frank", settings)
    assert "and is capped at 3 h" in shown.text()
    assert play.stage.slack.complaints == []
    await play.verified()


async def test_while_aws_is_slow_every_screen_comes_and_nothing_typed_is_lost(make_play: MakePlay) -> None:
    play = await make_play(hurried=True)
    play.aws.faults.add("latency", service="identitystore", seconds=0.8)
    modal = await opened(play, "frank", "/team policy edit payments-approvers", "Approval policy", "Channels")
    await modal.fill("Approvals required", "2")
    answer = await modal.submit()
    while answer.errors:  # Identity Center took too long for Slack: it is said, and the form stands as it was
        assert "is not answering" in answer.errors["Name"]
        assert modal.value("Approvals required") == "2"
        answer = await modal.submit()
    shown = await play.person("frank").modal("What this changes")
    assert "Approvals required: 1 → 2" in await shown.shows("1 approval → 2")
    await save(shown, "four eyes")
    await play.until(
        lambda: "evision 2" in play.person("frank").sight() or None,  # in the form, or later where it was typed
        lambda: play.person("frank").sight(),
    )
    assert play.stage.slack.complaints == []
