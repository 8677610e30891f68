"""What the page of the sandbox shows, part by part, as HTML. Reads the state as it is now, and changes nothing."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from infra.sandbox.aws.assignments import Operation
from infra.sandbox.aws.by_hand import Held
from infra.sandbox.company import Company, SlackUser
from infra.sandbox.markup import Html, tag, together
from infra.sandbox.retelling import Line, retold
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.slack.model import Channel, Message, User
from infra.sandbox.slack.reading import Eyes
from infra.sandbox.slack.workspace import Workspace

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
#: Seconds between two looks of a page that follows.
FOLLOW_EVERY = 4
_LAST_CALLS = 12
_NOT_YET = "This page shows and does not act: doing things as one of these people in the browser comes later."


def document(sandbox: Sandbox, steps: Sequence[int], *, follow: bool) -> Html:
    """The whole page."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", http_equiv="refresh", content=str(FOLLOW_EVERY)) if follow else "",
        tag("title", "TEAM Bot sandbox"),
        tag("link", rel="stylesheet", href="/style.css"),
    )
    top = tag(
        "header",
        tag("h1", "TEAM Bot sandbox"),
        tag(
            "p",
            "A local Slack, a local AWS, and the bot between them, all on this machine. ",
            _following(follow=follow),
        ),
        tag("p", _NOT_YET, class_="note"),
    )
    main = tag(
        "main",
        tag("div", _clock(sandbox, steps, follow=follow), _aws(sandbox), class_="beside"),
        tag("div", _conversations(sandbox), _people(sandbox.stage.company), class_="middle"),
    )
    return together(Html("<!doctype html>\n"), tag("html", head, tag("body", top, main), lang="en"))


def _following(*, follow: bool) -> Html:
    if follow:
        return together(f"It looks again every {FOLLOW_EVERY} s. ", tag("a", "Hold it still", href="/?follow=no"))
    return together("It is held still. ", tag("a", "Let it follow", href="/"))


def _region(name: str, title: str, *inside: str, **attributes: str | None) -> Html:
    """A landmark, named by its heading."""
    return tag("section", tag("h2", title, id=name), *inside, aria_labelledby=name, **attributes)


def _clock(sandbox: Sandbox, steps: Sequence[int], *, follow: bool) -> Html:
    now, ahead = sandbox.clock.now(), sandbox.clock.ahead
    buttons = [
        tag("button", f"+{_span(timedelta(minutes=each))}", type="submit", name="minutes", value=str(each))
        for each in steps
    ]
    target = "/clock" if follow else "/clock?follow=no"
    return _region(
        "clock",
        "Clock",
        tag(
            "p",
            tag("time", f"{now:%a %d %b %Y, %H:%M:%S} UTC", datetime=now.isoformat(timespec="seconds")),
            class_="now",
        ),
        tag("p", f"{_span(ahead)} ahead of this machine" if ahead else "As on this machine"),
        tag("form", tag("p", "Move it ahead: ", *buttons), method="post", action=target),
    )


def _span(length: timedelta) -> str:
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if part)


def _aws(sandbox: Sandbox) -> Html:
    aws = sandbox.stage.aws
    calls = aws.calls(service="sso-admin")
    last = [(f"{_at(call.at):%H:%M:%S}", call.operation, call.outcome) for call in reversed(calls[-_LAST_CALLS:])]
    return _region(
        "aws",
        "AWS now",
        tag("h3", "Assignments"),
        _table("Assignments", ("Person", "Permission set", "Account"), _held(sandbox), "Nobody holds anything."),
        tag("h3", "Under way"),
        _table("Operations under way", ("What", "Status"), map(_operation, aws.operations_in_flight()), "Nothing."),
        tag("h3", "Last calls to Identity Center"),
        tag("p", f"Times of this machine, in UTC. {len(aws.calls())} calls to AWS in all.", class_="quiet"),
        _table("Last calls", ("At", "Call", "Answer"), last, "None yet."),
    )


def _held(sandbox: Sandbox) -> Iterator[tuple[str, ...]]:
    company = sandbox.stage.company
    for row in sorted(sandbox.stage.aws.assignments()):
        held = Held(*row)
        yield held.principal, held.permission_set, f"{company.account(held.account_id).name} ({held.account_id})"


def _operation(operation: Operation) -> tuple[str, ...]:
    call = f"{operation.kind.lower()} in {operation.assignment.account_id}"
    return call, operation.status


def _table(name: str, heads: Sequence[str], rows: Iterable[Sequence[str]], otherwise: str) -> Html:
    body = [tag("tr", *(tag("td", cell) for cell in row)) for row in rows]
    if not body:
        return tag("p", otherwise, class_="nothing")
    head = tag("thead", tag("tr", *(tag("th", each, scope="col") for each in heads)))
    return tag("div", tag("table", head, tag("tbody", *body), aria_label=name), class_="wide")


def _conversations(sandbox: Sandbox) -> Html:
    workspace = sandbox.stage.slack.workspace
    busy, quiet = [], []
    for channel in workspace.channels.values():
        if found := _messages(workspace, channel):
            busy.append(_conversation(workspace, channel, found))
        elif channel.kind != "im":
            quiet.append(f"#{channel.name}")
    rest = tag("p", f"Nothing was said in {', '.join(quiet)}.", class_="nothing") if quiet else ""
    return _region("conversations", "Slack", *busy, rest)


def _messages(workspace: Workspace, channel: Channel) -> list[Message]:
    """All that anybody sees there, what only one person sees among it, oldest first."""
    private = [
        each
        for user in workspace.users
        for each in workspace.messages.ephemeral_to(user)
        if each.channel_id == channel.id
    ]
    return sorted([*workspace.messages.in_channel(channel.id), *private], key=lambda each: each.ts)


def _conversation(workspace: Workspace, channel: Channel, messages: list[Message]) -> Html:
    reader = next(workspace.users[each] for each in channel.members if not workspace.users[each].is_bot)
    title = f"{reader.real_name}, direct messages" if channel.kind == "im" else f"#{channel.name}"
    roots = [each for each in messages if each.thread_ts in (None, each.ts)]
    shown = []
    for root in roots:
        replies = [each for each in messages if each.thread_ts == root.ts and each is not root]
        thread = [_article(workspace, reader, each) for each in replies]
        shown.append(_article(workspace, reader, root))
        if thread:
            shown.append(tag("div", *thread, class_="thread", role="group", aria_label="Thread"))
    name = f"c-{channel.id}"
    return tag(
        "section",
        tag("h3", title, id=name),
        tag("p", f"As {reader.real_name} reads it, {reader.tz}", class_="quiet"),
        *shown,
        aria_labelledby=name,
    )


def _article(workspace: Workspace, reader: User, message: Message) -> Html:
    """One message; what only one person sees is read with that person's eyes."""
    alone = workspace.users.get(message.ephemeral_to or "")
    author = workspace.users[message.user_id].real_name
    at = _at(float(message.ts))
    notes = [f"only {alone.real_name} sees this"] if alone else []
    notes += ["edited"] if message.edited_at else []
    head = tag(
        "p",
        tag("strong", author),
        " ",
        tag("time", f"{at:%H:%M:%S} UTC", datetime=at.isoformat(timespec="seconds")),
        "".join(f" · {note}" for note in notes),
        class_="quiet",
    )
    lines = retold(message, Eyes(workspace, alone or reader))
    return tag("article", head, *_told(lines), aria_label=f"Message of {author}", class_="alone" if alone else None)


def _told(lines: list[Line]) -> Iterator[Html]:
    for kind, group in groupby(lines, key=lambda line: line.kind):
        texts = list(group)
        match kind:
            case "fact":
                yield tag("dl", *(together(tag("dt", each.label), tag("dd", each.text)) for each in texts))
            case "rule":
                yield tag("hr")
            case "code":
                yield tag("pre", "\n".join(each.text for each in texts))
            case "buttons":
                names = [tag("li", name) for each in texts for name in each.text.splitlines()]
                yield tag("ul", *names, class_="buttons", aria_label="Buttons in Slack")
            case _:
                quiet = "quiet" if kind == "quiet" else None
                yield from (tag("p", each.text, class_=quiet) for each in texts)


def _people(company: Company) -> Html:
    rows = [(user.real_name, f"@{user.name}", _groups(company, user), user.time_zone) for user in company.slack_users]
    heads = ("Name", "In Slack", "Groups in Identity Center", "Time zone")
    return _region("people", "Who is who", _table("Who is who", heads, rows, ""))


def _groups(company: Company, user: SlackUser) -> str:
    address = (user.email or "nobody").casefold()
    names = {each.user_name for each in company.users if address in ((each.email or "").casefold(), each.user_name)}
    return ", ".join(group.name for group in company.groups if names.intersection(group.members)) or "–"


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
