"""One request from the question to the audit trail, played before the reader: a demonstration that is a test.

Everything is done as people do it, by labels and buttons, and every step waits for what must follow. What does not
follow ends the story with `NotSeenError`, which says what was there instead.
"""

import time
from collections.abc import Iterable
from datetime import timedelta
from zoneinfo import ZoneInfo

from infra.sandbox.aws.assignments import Kind, Status
from infra.sandbox.aws.server import LocalAws
from infra.sandbox.changes import NotSeenError
from infra.sandbox.company import PAYMENTS_PROD
from infra.sandbox.message_lines import Line, message_lines
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.slack.person import Modal, Person, SeenMessage
from infra.sandbox.slack.reading import TextRenderer
from infra.sandbox.terminal import Terminal

#: Seconds to wait for what must follow; many, so that a busy machine is not taken for a broken bot.
PATIENCE = 60.0
CHANNEL = "payments-approvals"
ACCOUNT, PERMISSION_SET = "Payments Prod", "PowerUserAccess"
HELD = (PAYMENTS_PROD, PERMISSION_SET, "ada@example.com")
WHY = "release 4.2 is stuck halfway through its deployment"
SESSIONS, LOGS = timedelta(hours=4), timedelta(minutes=20)
WINDOW, WARNING = timedelta(minutes=90), timedelta(minutes=15)


async def play(sandbox: Sandbox, terminal: Terminal) -> None:
    """The whole story. NotSeenError where it does not go as it must."""
    story = _Story(sandbox, terminal)
    began = time.monotonic()
    try:
        request = await story.ada_asks()
        card = await story.approvers_are_asked(request)
        await story.grace_may_not_decide(card)
        await story.bob_approves(card)
        await story.the_end_comes_near()
        await story.the_end(card)
        await story.what_was_done(request, card)
        await story.what_remains(request)
    finally:
        story.aws.stop()
    terminal.line()
    terminal.done(f"The whole story, in {time.monotonic() - began:.0f} s instead of six hours.")


class _AwsSteps:
    """The calls to AWS and their results, step by step."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._steps: list[tuple[Kind, Status]] = []
        self.stop = aws.changes.subscribe(lambda change: self._heard(change.kind, change.facts.get("request_id", "")))

    def _heard(self, what: str, request_id: str) -> None:
        if what in ("operation.started", "operation.finished"):
            operation = self._aws.world.assignments.operations[request_id]
            self._steps.append((operation.kind, operation.status))

    @property
    def is_empty(self) -> bool:
        return not self._steps

    async def until(self, kind: Kind, status: Status) -> None:
        try:
            await self._aws.changes.until(lambda: (kind, status) in self._steps, PATIENCE)
        except TimeoutError:
            raise NotSeenError(f"AWS: no {kind} that is {status}; there were {self._steps or 'none'}") from None


class _Story:
    def __init__(self, sandbox: Sandbox, terminal: Terminal) -> None:
        self._sandbox, self._terminal = sandbox, terminal
        self._slack = sandbox.stage.slack
        self.aws = _AwsSteps(sandbox.stage.aws)
        self._ada, self._bob = self._person("ada"), self._person("bob")
        self._chapters = 0

    async def ada_asks(self) -> str:
        """Fills in the form; the request's number."""
        self._chapter("Ada asks")
        form = await self._filled_form()
        self._terminal.typed("Ada Lovelace", "/team request", ", fills in the form and presses Submit.")
        self._terminal.screen("Ada's screen", _as_filled(form))
        answer = await form.submit()
        if answer.errors or answer.trouble or answer.modal is None:
            raise NotSeenError(f"the form was not taken: {answer.errors or answer.trouble}\n{form.text()}")
        said = await answer.modal.shows("Sent")
        sent = next(line for line in said.splitlines() if "Sent" in line)
        self._terminal.screen("Ada's screen", [Line("text", sent)])
        await answer.modal.close()
        return next(
            word.strip(".") for word in sent.split() if word.startswith("R-")
        )  # a busy bot says "Sent as R-1001."

    async def approvers_are_asked(self, request: str) -> SeenMessage:
        self._chapter("The approvers are asked")
        card = await self._bob.sees(request, channel=CHANNEL)
        buttons = ["Approve", "Reject", "Approve for a shorter time", "Details"]
        self._expect(card.buttons() == buttons, "a card with its buttons", card.text())
        self._terminal.prose(
            "Three people may decide, and get one card. Bob Kahn is one of them; he sits in New York, and reads every "
            "time as his own."
        )
        self._terminal.screen(f"#{CHANNEL}, as Bob reads it", self._lines(self._bob, card))
        return card

    async def grace_may_not_decide(self, card: SeenMessage) -> None:
        self._chapter("Not everybody may decide")
        workspace = self._slack.workspace
        workspace.join(workspace.channel(CHANNEL), workspace.user("grace").id)
        grace = self._person("grace")
        self._terminal.prose("Grace Hopper, a data engineer, reads along in the channel. She presses Approve.")
        await (await grace.sees(ACCOUNT, channel=CHANNEL)).press("Approve")
        told = await grace.sees("approvers", channel=CHANNEL, after=card)
        self._expect(told.is_ephemeral, "a line that only Grace sees", told.text())
        self._terminal.screen(f"#{CHANNEL}, only Grace sees this", self._lines(grace, told))
        now = card.refreshed().text()
        self._expect("Waiting for approval" in now and self.aws.is_empty, "a request that still waits", now)
        self._terminal.done("The request still waits. AWS has been asked for nothing.")

    async def bob_approves(self, card: SeenMessage) -> None:
        self._chapter("Bob approves")
        self._terminal.prose("Bob presses Approve.")
        await card.press("Approve")
        await self._aws_does(Kind.CREATION)
        self._expect(self._holdings() == {HELD}, f"AWS to list {HELD}", str(self._holdings()))
        self._terminal.done(f"AWS lists Ada with {PERMISSION_SET} in {ACCOUNT} ({PAYMENTS_PROD}).")
        active = await card.becomes("Active until")
        self._expect(active.buttons() == ["Revoke", "Details"], "a card that can be revoked", active.text())
        self._terminal.screen(f"#{CHANNEL}: the same card", self._gist(self._bob, active))
        await self._ada_is_told("is active until")
        await card.replied("Active until")
        await self._the_same_in_teams(card)

    async def _the_same_in_teams(self, card: SeenMessage) -> None:
        """Show the request on Teams, too, if it is there: one card in each, and both follow it."""
        if not self._sandbox.stage.with_teams:
            return
        bob = self._sandbox.stage.teams.person("bob")
        bob.patience = PATIENCE
        beside = await bob.sees(f"{ACCOUNT} ({PAYMENTS_PROD})", channel=CHANNEL)
        active = await beside.becomes("Active until")
        self._expect(active.buttons() == card.refreshed().buttons(), "the same buttons in Teams", active.text())
        self._terminal.done(
            f"The card in Teams, in {CHANNEL} of the team Payments, says the same, and has the same buttons."
        )

    async def the_end_comes_near(self) -> None:
        self._move(WINDOW - WARNING)
        self._chapter("An hour and a quarter later")
        self._terminal.prose("Nobody waits: the sandbox has a clock of its own, and it was moved.")
        await self._ada_is_told("left:")

    async def the_end(self, card: SeenMessage) -> None:
        self._move(WARNING)
        self._chapter("The time is over")
        await self._aws_does(Kind.DELETION)
        self._expect(self._holdings() == set(), "AWS to list nobody", str(self._holdings()))
        self._terminal.done("AWS lists nobody any more.")
        await self._ada_is_told("has ended")
        ended = await card.becomes("Ended")
        self._expect(ended.buttons() == ["Details"], "a card with nothing left to press", ended.text())
        self._terminal.screen(f"#{CHANNEL}: the same card", self._gist(self._bob, ended))

    async def what_was_done(self, request: str, card: SeenMessage) -> None:
        """The summary in the thread once no session can be open any more, then all of it for the auditor."""
        self._move(SESSIONS + LOGS)
        self._chapter("What Ada did with it")
        self._terminal.prose("Sessions of this permission set live up to four hours, and CloudTrail is a little late.")
        told = await card.replied("Session activity")
        self._terminal.screen(f"#{CHANNEL}, in the thread of the card", self._lines(self._bob, told))
        erin = self._person("erin")
        await erin.types(f"/team logs {request}")
        shown = await erin.sees("events in", channel="general")
        self._terminal.typed("Erin Gray, the auditor,", f"/team logs {request}")
        self._terminal.screen("Erin's screen", self._lines(erin, shown))

    async def what_remains(self, request: str) -> None:
        self._chapter("What remains")
        erin = self._person("erin")
        await erin.sees("Ended", channel="team-audit")
        lines = [
            line for each in erin.reads("team-audit") if request in each.text() for line in self._lines(erin, each)
        ]
        self._terminal.screen("#team-audit, as Erin, the auditor, reads it", lines)
        proof = await self._sandbox.bot.must("audit", "verify")
        self._expect("The chain is intact" in proof, "an audit trail that holds", proof)
        self._terminal.typed("An operator", "teambot audit verify")
        self._terminal.done(proof.partition(" Note ")[0])
        refused = [f"{call.method}: {call.error}" for call in self._slack.calls.refused()] + self._slack.complaints
        self._expect(not refused, "a Slack that refuses nothing", "\n".join(refused))
        self._terminal.done(f"Slack was called {len(self._slack.calls.all())} times and refused nothing.")

    async def _filled_form(self) -> Modal:
        await self._ada.types("/team request")
        form = await self._ada.modal("Request access")
        await form.shows("Choose both")  # the form itself, and not the one that is shown until it is ready
        empty = form.view.hash
        await form.choose("Account", ACCOUNT)
        changes = self._slack.workspace.changes  # people look before they go on
        await changes.until(lambda: form.view.hash != empty or None, within=PATIENCE, otherwise=form.text)
        await form.choose("Permission set", PERMISSION_SET)
        await form.choose("Duration", "1 h 30 min", query="1h30")
        await form.fill("Justification", WHY)
        await form.shows("approved by")
        return form

    async def _ada_is_told(self, words: str) -> None:
        """A direct message, without the small print that is the same below each."""
        message = await self._ada.sees(words, channel="@teambot")
        lines = [line for line in self._lines(self._ada, message) if line.kind != "quiet"]
        self._terminal.screen("Ada's direct messages", lines)

    async def _aws_does(self, kind: Kind) -> None:
        """Asked, and done: both are seen."""
        call = "CreateAccountAssignment" if kind is Kind.CREATION else "DeleteAccountAssignment"
        for status in (Status.IN_PROGRESS, Status.SUCCEEDED):
            await self.aws.until(kind, status)
            self._terminal.done(f"AWS: {call} is {status}.")

    def _holdings(self) -> set[tuple[str, str, str]]:
        return self._sandbox.stage.aws.assignments()

    def _person(self, name: str) -> Person:
        person = self._slack.person(name)
        person.patience = PATIENCE
        return person

    def _move(self, by: timedelta) -> None:
        self._sandbox.clock.move(by)

    def _chapter(self, title: str) -> None:
        self._chapters += 1
        now = self._sandbox.clock.now().astimezone(ZoneInfo(self._ada.user.tz))
        self._terminal.chapter(f"{self._chapters} · {title}", f"{now:%H:%M} in London")

    def _lines(self, reader: Person, message: SeenMessage) -> list[Line]:
        return message_lines(message.message, TextRenderer(self._slack.workspace, reader.user))

    def _gist(self, reader: Person, message: SeenMessage) -> list[Line]:
        """The first line of a card that has been seen before, and what stands below its facts."""
        lines = self._lines(reader, message)
        last_rule = max((number for number, line in enumerate(lines) if line.kind == "rule"), default=0)
        return [lines[0], *lines[last_rule + 1 :]]

    @staticmethod
    def _expect(holds: bool, what: str, seen: str) -> None:
        if not holds:
            raise NotSeenError(f"expected {what}; there was:\n{seen}")


def _as_filled(form: Modal) -> Iterable[Line]:
    """The fields with what is in them, then the line that tells what applies."""
    for label in ("Account", "Permission set", "Duration", "Justification"):
        yield Line("fact", form.value(label), label)
    yield from (Line("quiet", line) for line in form.text().splitlines() if "approved by" in line)
