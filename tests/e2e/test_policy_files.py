"""``policy apply`` and ``policy check``: what they warn of, and what waits for a second admin."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from infra.sandbox.company import MANAGEMENT_ACCOUNT, POLICIES_FILE, example_company
from tests.e2e.play import MakePlay, Play
from tests.e2e.test_policies import opened, preview

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECOND = ("unknown_assignments: report", "unknown_assignments: report\n  policy_changes: second_admin")
WIDER = ("max_duration: 9h", "max_duration: 12h")


def file(folder: Path, *changes: tuple[str, str]) -> str:
    """The policies of the example company, changed."""
    text = POLICIES_FILE.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    path = folder / f"policies-{len(changes)}.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


async def applied(play: Play, path: str, *options: str) -> str:
    code, out, err = await play.run("policy", "apply", path, *options)
    assert code == 0, err
    return f"{out}{err}"


async def test_a_set_that_is_provisioned_in_the_management_account_is_a_warning_of_every_command(
    make_play: MakePlay, tmp_path: Path
) -> None:
    """No refusal: it becomes true and untrue by what somebody does in AWS (rule 9)."""
    play = await make_play()
    play.aws.make_assignment(MANAGEMENT_ACCOUNT, "PowerUserAccess", "bob@example.com")
    await play.pass_time(timedelta(minutes=6))  # a picture of AWS is five minutes old at most
    path = file(tmp_path, WIDER)
    for command in (("check", path), ("apply", path, "--dry-run"), ("apply", path)):
        code, _, err = await play.run("policy", *command)
        warned = [line for line in err.splitlines() if "provisioned in the management account" in line]
        assert code == 0, err
        assert any(line.startswith("Warning: payments-engineers names PowerUserAccess, which is") for line in warned)
        assert all("It is not offered. Remove it from the management account" in line for line in warned)
    told = ""
    for _ in range(60):  # until the running bot has looked at AWS again
        told = await edited(play)
        if "payments-engineers names PowerUserAccess, which is provisioned" in told:
            return
        play.stage.slack.workspace.views.clear("U0FRANK")
        await asyncio.sleep(1)
    raise AssertionError(told)


async def edited(play: Play) -> str:
    """The preview of a policy that was changed in its form."""
    modal = await opened(play, "frank", "/team policy edit payments-engineers", "Eligibility policy", "Longest access")
    await modal.fill("Longest access", "2h")
    return await (await preview(play, "frank", modal)).shows("Will")


async def test_it_is_refused_while_there_is_no_second_admin_and_the_way_out_is_said(
    make_play: MakePlay, tmp_path: Path
) -> None:
    play = await make_play()
    path = file(tmp_path, SECOND)
    for command in (("apply", path), ("apply", path, "--dry-run"), ("check", path)):
        code, _, err = await play.run("policy", *command)
        assert code == 1, command
        assert "settings, policy_changes: There is no second admin" in err
        assert "Add another enabled person to the admin group in IAM Identity Center first." in err
    await play.add_admins("erin")
    assert "Saved as revision 2" in await applied(play, path)


async def test_a_file_that_widens_waits_for_an_admin_and_one_that_narrows_does_not(
    make_play: MakePlay, tmp_path: Path
) -> None:
    play = await make_play()
    await play.add_admins("erin")
    await applied(play, file(tmp_path, SECOND))
    wider = file(tmp_path, SECOND, WIDER)
    assert "Waits for an admin to approve it" in await applied(play, wider, "--dry-run")
    assert "Not in effect yet" in await applied(play, wider)
    await play.told("erin", "", "Longest access: 9 h → 12 h")
    await (await play.told("frank", "", "Longest access: 9 h → 12 h")).press("Approve")
    await play.told("erin", "", "approved by Frank Rosen")
    narrower = file(tmp_path, SECOND, ("max_duration: 9h", "max_duration: 8h"), ("Ledger", "Ledger"))
    assert "Saved as revision 4" in await applied(play, narrower)


async def test_while_the_admin_group_is_empty_it_waits_and_the_way_out_is_said(
    make_play: MakePlay, tmp_path: Path
) -> None:
    play = await make_play()
    await play.add_admins("erin")
    await applied(play, file(tmp_path, SECOND))
    for who in ("erin", "frank"):
        play.aws.remove_member("team-admins", f"{who}@example.com")
    told = await applied(play, file(tmp_path, SECOND, WIDER))
    assert "Warning: nobody enabled is in the admin group team-admins." in told
    assert "Not in effect yet" in told


async def test_when_the_admin_group_is_gone_it_takes_effect_and_is_on_record_as_not_approved(
    make_play: MakePlay, tmp_path: Path
) -> None:
    """Nobody ever could approve it: another admin group could not even be named."""
    play = await make_play()
    await play.add_admins("erin")
    await applied(play, file(tmp_path, SECOND))
    play.aws.delete_group("team-admins")
    moved = ("admin_group: team-admins", "admin_group: team-auditors")
    told = await applied(play, file(tmp_path, moved))
    assert "waits for nobody: the admin group that could approve it is gone" in told
    assert "Saved as revision 3" in told
    line = await play.until(
        lambda: next((m for m in play.person("erin").reads("team-audit") if "revision 3" in m.text()), None),
        lambda: play.person("erin").sight("team-audit"),
    )
    assert "not approved: the admin group is gone" in line.text()


EVERY_SET = ("permission_sets: [ReadOnlyAccess, PowerUserAccess]", "permission_sets: '*'")
NOT_BELOW = ("    ous: [ou-ab12-payments] ", "    direct_ous: [ou-ab12-payments] ")


async def test_a_file_may_mean_an_ou_without_what_is_below_it_and_every_permission_set(
    make_play: MakePlay, tmp_path: Path
) -> None:
    play = await make_play()
    told = await applied(play, file(tmp_path, EVERY_SET, NOT_BELOW), "--dry-run")
    assert "Will no longer be able to ask for" in told
    assert "Ledger" in told
    assert "Will be able to ask for" in told
    await applied(play, file(tmp_path, EVERY_SET, NOT_BELOW))
    for account, name, verdict in (
        ("Payments Staging", "BillingViewer", "May ask: yes, by policy payments-engineers."),
        ("Ledger Prod", "ReadOnlyAccess", "May ask: no. No policy lets this person ask"),
        ("Payments Staging", "NetworkAdmin", "May ask: no. This permission set is protected"),
    ):
        code, told, err = await play.run("policy", "explain", "ada@example.com", account, name)
        assert (code, err) == (0, "")
        assert verdict in told
    tried = (await play.run("doctor"))[1]
    every = len(example_company().permission_sets) + len(("instance", "111122223333", "444455556666"))
    assert f"sso:CreateAccountAssignment is allowed by the policies, on {every} resources" in tried
    users, groups = len(example_company().users), len(example_company().groups)
    assert f"ok   Directory scan: {users} users and {groups} groups, 2 calls" in tried
    assert "everything that they name is there" in tried
    exported = (await play.run("policy", "export"))[1]
    assert "    direct_ous:\n      - ou-ab12-payments  # Payments\n    permission_sets:\n      - '*'\n" in exported


async def test_a_file_that_says_ids_for_names_is_the_same_file(make_play: MakePlay, tmp_path: Path) -> None:
    play, company = await make_play(), example_company()
    ada, leads, power = (
        company.user("ada@example.com"),
        company.group("Payments Leads"),
        company.permission_set("PowerUserAccess"),
    )
    path = file(
        tmp_path,
        ("ada@example.com", ada.id),
        ("Payments Leads", leads.id),
        ("ReadOnlyAccess, PowerUserAccess", f"ReadOnlyAccess, {power.arn}"),
        ("[AdministratorAccess]", f"[{company.permission_set('AdministratorAccess').arn.rpartition('/')[2]}]"),
    )
    told = await applied(play, path)
    assert "Nothing changes." in told
    assert "stays in effect." in told
    exported = (await play.run("policy", "export"))[1]
    assert ada.id not in exported
    assert "      - Payments Leads\n" in exported
    command = ("policy", "explain", ada.id, "Payments Prod", power.arn)
    assert "Ada Lovelace · PowerUserAccess in Payments Prod" in (await play.run(*command))[1]


async def test_a_channel_of_teams_is_kept_with_a_warning_and_approvers_are_asked_directly(
    make_play: MakePlay, tmp_path: Path
) -> None:
    play = await make_play()
    path = file(tmp_path, ("channels: [C0PAYMENTS]", "channels: ['teams:19:a1b2@thread.tacv2']"))
    warned = "payments-approvers names teams:19:a1b2@thread.tacv2: Teams is not configured"
    code, _, err = await play.run("policy", "check", path)
    assert code == 0, err
    assert warned in err
    assert warned in await applied(play, path)
    assert "teams:19:a1b2@thread.tacv2" in (await play.run("policy", "export"))[1]
    modal = await opened(play, "frank", "/team policy edit payments-approvers", "Approval policy", "Approvals required")
    await modal.fill("Approvals required", "2")
    shown = await preview(play, "frank", modal)
    assert "Teams is not configured" in await shown.shows("Approvals required")


async def test_an_approver_group_that_is_empty_today_is_a_warning_and_a_quorum_out_of_reach_a_mistake(
    make_play: MakePlay, tmp_path: Path
) -> None:
    play = await make_play()
    for member in example_company().group("Data Leads").members:
        play.aws.remove_member("Data Leads", member)
    await play.pass_time(timedelta(minutes=2))
    path = file(tmp_path, ("approver_users: [frank@example.com]", "approver_users: []"))
    warned = "Warning: data-approvers names the approver group Data Leads, with nobody enabled in it today."
    for command in (("check", path), ("apply", path)):
        code, _, err = await play.run("policy", *command)
        assert code == 0, err
        assert warned in err
    none_left = tmp_path / "none.yaml"
    none_left.write_text("version: 1\neligibility: []\napproval: []\n", encoding="utf-8")
    code, _, err = await play.run("policy", "check", str(none_left))
    assert code == 0, err
    assert "Warning: There is no eligibility policy: nobody can ask for access." in err
    four = ("approver_groups: [Payments Leads]", "approver_groups: [Payments Leads]\n    approvals_required: 9")
    again = ("    channels: [C0PAYMENTS]\n    approvals_required: 1\n", "    channels: [C0PAYMENTS]\n")
    code, _, err = await play.run("policy", "check", file(tmp_path, four, again))
    assert code == 1
    assert "9 approvals are required, and only" in err
