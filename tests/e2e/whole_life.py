"""The whole life of access as people act it out, in whichever chat they sit: one script, and what they read on the way.

Everything is waited for before the next step, so that two runs read the same, however fast the bot was.
"""

import csv
import io
import json
from dataclasses import dataclass, field
from datetime import timedelta

from tests.e2e.as_read import as_labelled
from tests.e2e.chat_driver import Card, ChatDriver, Form, Message
from tests.e2e.play import NUMBER, PROD_POWER, PROD_READ, SANDBOX_ADMIN, STAGING_POWER, STAGING_READ, Play, Target

WHY = "look into the stuck queue"
ASKS = "Request access"
SHORTER = "Approve for a shorter time"
ADA = "ada@example.com"
GROUP = "Payments"
PEOPLE = ("ada", "bob", "erin", "frank", "grace")


@dataclass
class Life:
    """``read``: what was read, in order, each under what it was."""

    driver: ChatDriver
    read: list[tuple[str, str]] = field(default_factory=list)

    @property
    def play(self) -> Play:
        return self.driver.play

    def note(self, what: str, read: object) -> None:
        self.read.append((what, read if isinstance(read, str) else json.dumps(read, ensure_ascii=False)))

    def note_message(self, what: str, message: Message) -> None:
        self.note(what, message.text())
        self.note(f"{what}: buttons", message.buttons())

    def note_form(self, what: str, form: Form) -> None:
        self.note(what, form.text())
        self.note(f"{what}: fields", as_labelled(form.labels()))

    async def note_card(self, what: str, number: str, words: str) -> Card:
        card = await self.driver.card("bob", number, words)
        self.note_message(what, card)
        return card

    async def note_thread(self, number: str, last: str) -> None:
        """The lines under a card, once the last of them is there."""
        card = await self.driver.card("bob", number, "")
        await card.replied(last)
        self.note(f"thread of {number}", [reply.text() for reply in card.refreshed().replies()])

    async def note_told(self, who: str, number: str, words: str) -> Message:
        told = await self.driver.told(who, number, words)
        self.note_message(f"{who} is told: {words}", told)
        return told

    async def heard(self, number: str, reply: str, audited: str, told: str = "") -> None:
        """Wait until a change has been told everywhere: what is said after the clock was moved is said of the past."""
        if reply:
            await (await self.driver.card("bob", number, "")).replied(reply)
        await self.driver.audited(number, audited)
        if told:
            await self.driver.told("ada", number, told)

    async def asks(self, who: str, target: Target, duration: str = "2 h") -> str:
        return await self.sends(await self.filled(who, target, duration))

    async def filled(self, who: str, target: Target, duration: str = "2 h") -> Form:
        form = await self.driver.form(who, "request", ASKS)
        await form.choose_target(target)
        await form.choose("Duration", duration, query=duration.replace(" ", ""))
        await form.fill("Justification", WHY)
        return form

    async def sends(self, form: Form) -> str:
        """The number of the request that comes of a form."""
        sent = await form.send("Submit")
        assert not sent.errors, sent.errors
        found = NUMBER.search(sent.said)
        assert found, sent.said
        self.note(f"{found.group()} is sent", sent.said)
        await form.close()
        return found.group()

    async def approves(self, number: str) -> Card:
        card = await self.driver.card("bob", number, "Waiting for approval")
        self.note(f"{number} is approved", await self.driver.press("bob", card, "Approve", f"Approved: {number}"))
        return card


async def whole_life(life: Life) -> None:
    for who in PEOPLE:
        await life.driver.greet(who)
    await _refused_and_rejected(life)
    await _asked_again_and_withdrawn(life)
    live = await _shortened(life)
    longer = await _extended(life, live)
    await _revoked(life, longer)
    await _ended_by_the_requester(life)
    await _expired(life)
    await _failed(life)
    await _not_allowed_after_all(life)
    await _exported(life)
    await _policy_made_and_taken_back(life)
    await _settings_changed(life)
    await _looked_back(life, live)


async def _refused_and_rejected(life: Life) -> None:
    """Asked for with two fields that will not do; mended; an approver says no."""
    driver = life.driver
    life.note("Home of whoever may ask", await driver.home("ada", "Ask for access"))
    form = await driver.form("ada", "request", ASKS)
    life.note("the form: fields", as_labelled(form.labels()))
    await form.choose_target(STAGING_POWER)
    life.note("the form: what applies", await form.look("Up to"))
    await form.choose("Duration", "5 h", query="5h")
    await form.fill("Justification", " \n ")
    refused = await form.send("Submit")
    life.note("two fields are refused", dict(sorted(refused.errors.items())))
    life.note("nothing typed is lost", [form.value(each) for each in ("Account", "Permission set", "Duration")])
    await form.choose("Duration", "2 h", query="2h")
    await form.fill("Justification", WHY)
    number = await life.sends(form)

    card = await life.note_card("the card", number, "Waiting for approval")
    await life.note_told("ada", number, "waiting for approval")
    rejecting = await driver.open("bob", card, "Reject", "Reject request")
    life.note_form("rejecting", rejecting)
    await rejecting.fill("Reason", " \n ")
    life.note("a reason is missing", dict((await rejecting.send("Reject")).errors))
    await rejecting.fill("Reason", "not before the freeze ends")
    assert await rejecting.send("Reject") == type(refused)()
    await life.note_card("rejected", number, "Rejected by")
    await life.note_thread(number, "Rejected by")


async def _asked_again_and_withdrawn(life: Life) -> None:
    rejected = await life.note_told("ada", "R-1001", "was rejected")
    again = await life.driver.open("ada", rejected, "Ask again", ASKS)
    await again.look("Up to")
    life.note("asked again", [again.value(each) for each in ("Account", "Permission set", "Duration", "Justification")])
    await again.close()
    number = await life.asks("bob", STAGING_POWER)
    card = await life.driver.card("bob", number, "Waiting for approval")
    life.note("nobody decides on their own", await life.driver.press("bob", card, "Approve", "your own request"))
    life.note_message("withdrawn", await life.driver.word("bob", f"cancel {number}", f"Withdrawn: {number}"))
    await life.note_card("the card of what was withdrawn", number, "Withdrawn by")
    life.note("too late", await life.driver.press("bob", card, "Approve", "withdrew", as_seen=True))


async def _shortened(life: Life) -> str:
    """Approved for half of what was asked for."""
    driver = life.driver
    number = await life.asks("ada", PROD_POWER)
    card = await driver.card("bob", number, "Waiting for approval")
    form = await driver.open("bob", card, SHORTER, "Approve for shorter time")
    life.note_form("shortening", form)
    await form.choose("Duration", "3 h", query="3h")
    life.note("longer than asked for", dict((await form.send("Approve")).errors))
    await form.choose("Duration", "1 h", query="1h")
    await form.fill("Comment", "the rest after the review")
    assert not (await form.send("Approve")).errors
    await life.note_card("the card of what is active", number, "Active until")
    await life.note_told("ada", number, "is active until")
    await life.play.until_held(PROD_POWER.held_by(ADA))
    await life.note_thread(number, "Active")
    return number


async def _extended(life: Life, number: str) -> str:
    """Shortly before its end: asked for more, and nothing is interrupted."""
    await life.heard(number, "Active", "Active until")
    await life.play.pass_time(timedelta(minutes=46))
    ending = await life.note_told("ada", number, "left: your access to")
    form = await life.driver.open("ada", ending, "Extend", ASKS)
    life.note("extending", await form.look("Up to"))
    await form.fill("Justification", "the queue is still stuck")
    longer = await life.sends(form)
    await life.approves(longer)
    await life.note_card("the card of the extension", longer, "Approved")
    await life.heard(longer, "Approved by", "Approved by", "was approved")
    await life.play.pass_time(timedelta(minutes=10))
    await life.driver.card("bob", longer, "Active until")
    await life.heard(longer, "Active", "Active until", "is active until")
    await life.play.pass_time(timedelta(minutes=5))
    await life.note_told("ada", number, f"continues under {longer}")
    await life.note_thread(number, "Ended")
    assert life.play.aws.assignments() == {PROD_POWER.held_by(ADA)}
    return longer


async def _revoked(life: Life, number: str) -> None:
    """An approver ends it."""
    card = await life.driver.card("bob", number, "Active until")
    form = await life.driver.open("bob", card, "Revoke", "Revoke access")
    life.note_form("revoking", form)
    await form.fill("Reason", "the incident is over")
    life.note("being revoked", (await form.send("Revoke")).said)
    await form.close()
    await life.note_card("the card of what was revoked", number, "Ended early by")
    await life.note_told("ada", number, "ended early by Bob")
    await life.note_thread(number, "Ended early by")
    await life.play.until_held()


async def _ended_by_the_requester(life: Life) -> None:
    number = await life.asks("ada", STAGING_READ, "30 min")
    await life.approves(number)
    active = await life.driver.told("ada", number, "is active until")
    life.note("Home of whoever has access", await life.driver.home("ada", "Active until"))
    life.note("Home of whoever approved it", await life.driver.home("bob", "Active until"))
    form = await life.driver.open("ada", active, "End now", "End your access now")
    life.note_form("ending", form)
    life.note("being ended", (await form.send("End now")).said)
    await form.close()
    await life.note_told("ada", number, "ended early by Ada")
    await life.heard(number, "Ended early", "Ended early")
    await life.play.until_held()


async def _expired(life: Life) -> None:
    number = await life.asks("ada", STAGING_READ)
    card = await life.driver.card("bob", number, "Waiting for approval")
    life.note("Home of whoever is asked", await life.driver.home("bob", "Waiting for you"))
    life.note_message("what waits", await life.driver.word("bob", "approvals", number))
    await life.heard(number, "", "waits for approval", "was sent")
    await life.play.pass_time(timedelta(hours=3, seconds=1))
    await life.note_card("the card of what expired", number, "Not decided in time")
    life.note("too late", await life.driver.press("bob", card, "Approve", "not decided in time", as_seen=True))
    await life.note_told("ada", number, "has expired")


async def _failed(life: Life) -> None:
    """Access that somebody else gave meanwhile is no longer this product's to give, or to take away."""
    number = await life.asks("ada", PROD_READ)
    card = await life.driver.card("bob", number, "Waiting for approval")
    life.play.aws.make_assignment(PROD_READ.account_id, PROD_READ.permission_set, ADA)
    life.note("not granted", await life.driver.press("bob", card, "Approve", "direct assignment"))
    await life.note_card("the card of what failed", number, "Failed")
    await life.note_told("ada", number, "failed")
    await life.note_thread(number, "Failed")
    life.play.aws.remove_assignment(PROD_READ.account_id, PROD_READ.permission_set, ADA)


async def _not_allowed_after_all(life: Life) -> None:
    """Answered by who somebody was a moment ago; judged by who they are before anybody is told."""
    form = await life.filled("ada", SANDBOX_ADMIN)
    await form.look("Up to")
    life.play.aws.remove_member(GROUP, ADA)
    found = NUMBER.search((await form.send("Submit")).said)
    assert found is not None
    number = found.group()
    said = await form.look("not allowed after all")
    life.note("the form says why", said.replace("[ Check ]", ""))
    await form.close()
    await life.note_told("ada", number, "failed")
    await life.heard(number, "", "Failed")
    life.play.aws.add_member(GROUP, ADA)


async def _exported(life: Life) -> None:
    listed = await life.driver.word("erin", "audit ada", "All requests")
    life.note_message("what an auditor finds", listed)
    life.note("an export is made", await life.driver.press("erin", listed, "Export as CSV", "Exporting"))
    content = await life.driver.export("erin", listed, "requests as CSV")
    rows = [*csv.DictReader(io.StringIO(content.decode("utf-8-sig")))]
    life.note("the export", [{name: cell for name, cell in row.items() if name not in _MOMENTS} for row in rows])


_MOMENTS = {"asked_at", "wanted_start", "active_from", "active_until", "closed_at", "decided_at"}


async def _policy_made_and_taken_back(life: Life) -> None:
    driver = life.driver
    form = await driver.form("frank", "policy create eligibility", "Eligibility policy")
    await form.shows("Longest access")
    life.note("a policy: fields", as_labelled(form.labels()))
    await form.fill("Name", "data-reads-payments")
    await form.fill("Longest access", "soon")
    life.note("what is wrong with a policy", dict(sorted((await form.send("Preview")).errors.items())))
    await form.choose("Groups", "Data Engineers")
    await form.choose("OUs", "Workloads / Payments")
    await form.choose("Permission sets", "ReadOnlyAccess")
    await form.fill("Longest access", "2h")
    await form.choose("Approval", "Not needed")
    await _saved(life, form, "Data compares the ledgers", "Revision 3")
    number = await life.asks("grace", STAGING_READ, "15 min")
    await life.note_told("grace", number, "is active until")

    history = await driver.word("frank", "policy history", "Data compares the ledgers")
    life.note_message("the history", history)
    revision = await driver.open("frank", history, "Look", "Revision 2", near="Revision 2")
    await revision.shows("Restoring shows")
    restoring = await revision.press("Restore", "What this changes")
    life.note("restoring it", await restoring.shows("Will no longer be able"))
    await restoring.fill("Why", "They are compared")
    assert not (await restoring.send("Save")).errors
    life.note("restored", await restoring.shows("Revision 4 is in effect now"))
    await restoring.close()
    life.note_message("it is gone", await driver.word("frank", "policy show data-reads-payments", "There is no policy"))


async def _saved(life: Life, form: Form, why: str, revision: str) -> None:
    """The effect that a change would have, and one click to save it."""
    assert not (sent := await form.send("Preview")).errors, sent.errors
    life.note(f"{why}: preview", await form.shows("What this changes"))
    await form.fill("Why", why)
    assert not (await form.send("Save")).errors
    life.note(f"{why}: saved", await form.shows(f"{revision} is in effect now"))
    await form.close()


async def _settings_changed(life: Life) -> None:
    form = await life.driver.form("frank", "settings", "Settings")
    await form.shows("Longest access")
    life.note_form("the settings", form)
    await form.fill("Longest access", "3h")
    await _saved(life, form, "Shorter is enough", "Revision 5")


async def _looked_back(life: Life, number: str) -> None:
    driver = life.driver
    for who, line, words in (
        ("ada", f"show {number}", "Ended"),
        ("ada", "requests", number),
        ("ada", "help", "Temporary access"),
        ("ada", "whoami", "May act as"),
        ("bob", "approvals", "Nothing"),
        ("frank", "policy list", "payments-engineers"),
        ("frank", "policy show payments-approvers", "Approvals required"),
        ("frank", "policy explain ada@example.com 111122223333 PowerUserAccess", "May ask: yes"),
        ("erin", "audit status:failed", "All requests"),
        ("erin", "aduit", "Did you mean"),
    ):
        life.note_message(f"{who}: {line}", await driver.word(who, line, words))
    for who, words in (("ada", "Your requests"), ("frank", "revision 5"), ("erin", "R-1009")):
        warned, heading, rest = (await driver.home(who, words)).rpartition("Everything live")
        life.note(f"Home of {who}", heading + rest if heading else warned + rest)  # what is warned of depends on when
    await driver.audited("", "Shorter is enough")
    said = [line.text() for line in driver.audit_lines()]
    # An alarm says what a check met, which after a jump of the clock is chance: access that is about to end, say.
    told = [line for line in said if ("R-1" in line or "revision" in line) and "🚨" not in line]
    life.note("the audit channel", told)
