"""What this person can do, by persona, with one worked example a command; and who this person is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from core.domain.people import ChatUser, Person, Persona
from handlers.screens.ids import ActionId
from handlers.screens.parts import Button, Part, Tone, aside, buttons, facts, lines, row
from handlers.screens.screen import Message, message
from handlers.screens.spans import Code, PersonRef, Said, Text, Untrusted, fill, name, strong, text
from handlers.words import sentences
from handlers.words.platforms import platform_of


@dataclass(frozen=True, slots=True)
class Line:
    """One subcommand: what is typed after the command, an example, what it does."""

    usage: str
    example: str
    does: str


_ASK = (
    Line("request", "request", "ask for access: opens the form"),
    Line(
        "request ACCOUNT PERMISSION_SET DURATION WHY",
        "request 111122223333 ReadOnlyAccess 1h fixing the pipeline",
        "the same with the form filled in; put names with spaces in quotes",
    ),
)
_EVERYONE = (
    Line("requests", "requests", "your requests, newest first"),
    Line("show ID", "show R-1042", "one request: every fact, its history, its policies"),
    Line("cancel ID", "cancel R-1042", "withdraw your request before it has begun"),
    Line("revoke ID [WHY]", "revoke R-1042 the incident is over", "end your own access now, or revoke somebody else's"),
    Line("logs ID", "logs R-1042", "what was done in AWS with an access that you may see"),
    Line("whoami", "whoami", "who you are in IAM Identity Center, and what you may do here"),
    Line("help", "help", "this text"),
)
_BY_PERSONA = {
    Persona.APPROVER: (Line("approvals", "approvals", "what waits for you, to be decided right there"),),
    Persona.AUDITOR: (
        Line("audit [WORDS]", "audit ada payments", "search all requests, export as CSV"),
        Line("report [DAYS]", "report 90d", "figures and charts of a period, and who holds what now"),
    ),
    Persona.ADMIN: (
        Line("policy list", "policy list", "all policies"),
        Line("policy show NAME", "policy show payments-engineers", "one policy whole"),
        Line("policy create", "policy create", "write a new policy"),
        Line("policy edit NAME", "policy edit payments-engineers", "change a policy"),
        Line("policy delete NAME", "policy delete payments-engineers", "remove a policy"),
        Line("policy history", "policy history", "every change: who, when, why; and the way back"),
        Line(
            "policy explain USER ACCOUNT PERMISSION_SET",
            "policy explain @ada 111122223333 PowerUserAccess",
            "who may, how long, who decides, and by which policies",
        ),
        Line("close ID", "close R-1042", "close by hand an end that AWS will never finish, with a reason"),
        Line("settings", "settings", "limits and switches that hold for everybody"),
    ),
}
_FIRST_STEPS = _EVERYONE[-2:]
_TAKING_AWAY = _EVERYONE[:4]
_WHAT = text(strong("Temporary access to AWS"), ": ask, get it approved, use it, it ends by itself.")
NOBODY_NAMES_YOU = "No policy lets you ask for access at present. Ask the admins of TEAM Bot to add you to one."
_MOST_OF_GROUPS = 2800
"""Characters of the names of somebody's groups."""
_TITLES = {Persona.APPROVER: "As an approver", Persona.AUDITOR: "As an auditor", Persona.ADMIN: "As an admin"}


def build(
    personas: Collection[Persona], command: str, *, unknown: str = "", refused: str = "", taking_away: bool = False
) -> Message:
    """Explain; ``unknown`` is a word that was typed and is no subcommand: the nearest one is named.

    ``refused``: why this person may use none of them, and what to do about it; ``taking_away``: but for those that
    only take access away.
    """
    parts: list[Part] = [row(_meant(unknown, command, personas))] if unknown else []
    if refused:
        left = [_lines("Meanwhile", _TAKING_AWAY, command)] if taking_away else []
        parts += [row(_WHAT), row("⛔ ", Untrusted(refused)), *left, _lines("Then", _FIRST_STEPS, command)]
        return message(text(_spoken(unknown, command, personas), " ", Untrusted(refused)), parts)
    parts += commands(personas, command)
    parts.append(aside("You can do all of this from the Home tab, too."))
    if Persona.REQUESTER in personas:
        parts.append(buttons(Button("Request access", ActionId.ASK, "help", Tone.PRIMARY), id="help.actions"))
    return message(_spoken(unknown, command, personas), parts)


def commands(personas: Collection[Persona], command: str) -> list[Part]:
    """Everything that this person may type, by persona."""
    parts: list[Part] = [row(_WHAT), _lines("Everyone", _for_everyone(personas), command)]
    for persona, title in _TITLES.items():
        if persona in personas or (persona is Persona.AUDITOR and Persona.ADMIN in personas):
            parts.append(_lines(title, _BY_PERSONA[persona], command))
    return parts if Persona.REQUESTER in personas else [*parts, aside(NOBODY_NAMES_YOU)]


def roles(personas: Collection[Persona]) -> str:
    """The personas in words."""
    return ", ".join(persona.value for persona in Persona if persona in personas) or "no policy names you"


def may(person: Person, personas: Collection[Persona]) -> str:
    """What somebody may act as, in words."""
    return roles(personas) if person.may_ask else "only to reject, withdraw and end at present"


def nearest(word: str, personas: Collection[Persona]) -> str:
    """The subcommand that was probably meant; empty when none is near."""
    known = dict.fromkeys(line.usage.split()[0] for line in _known(personas))
    found = get_close_matches(word.casefold(), known, n=1, cutoff=0.5)
    return found[0] if found else ""


def _known(personas: Collection[Persona]) -> list[Line]:
    more = [line for persona, lines in _BY_PERSONA.items() if persona in personas for line in lines]
    return [*_for_everyone(personas), *more, *(_BY_PERSONA[Persona.AUDITOR] if Persona.ADMIN in personas else ())]


def _for_everyone(personas: Collection[Persona]) -> tuple[Line, ...]:
    """Asking is explained to whoever may ask for something."""
    return (*_ASK, *_EVERYONE) if Persona.REQUESTER in personas else _EVERYONE


def _meant(unknown: str, command: str, personas: Collection[Persona]) -> Text:
    near = nearest(unknown, personas)
    hint = text(" Did you mean ", Code(f"{command} {near}"), "?") if near else ""
    return text("There is no ", Code(f"{command} {unknown}"), ".", hint)


def _lines(title: str, known: Sequence[Line], command: str) -> Part:
    return lines(strong(title), *(_line(line, command) for line in known))


def _line(line: Line, command: str) -> Text:
    example = "" if line.example == line.usage else text(", as ", Code(f"{command} {line.example}"))
    return text(Code(f"{command} {line.usage}"), ": ", Untrusted(line.does), example)


def _spoken(unknown: str, command: str, personas: Collection[Persona]) -> Text:
    begin = text(_meant(unknown, command, personas), " ") if unknown else ""
    return fill(
        "{begin}{command} asks for temporary access to AWS; {request} opens the form.",
        begin=begin,
        command=Untrusted(command),
        request=Code(f"{command} request"),
    )


def whoami(person: Person, groups: Sequence[str], personas: Collection[Persona], user: ChatUser) -> Message:
    """Say who somebody is here: chat user → Identity Center user, groups, personas."""
    principal = person.principal
    title = "Identity Center user" if person.may_ask else "Pinned to"
    held_by: list[tuple[str, Said]] = [
        (f"{platform_of(user)} user", text(PersonRef(user), " ", Code(f"{user.team}/{user.user}"))),
        (title, text(name(principal.name), " (", Code(principal.user_name), ")")),
        ("User id", Code(principal.id)),
        ("May act as", may(person, personas)),
    ]
    held = text(strong("Groups"), " (", len(groups), ")\n", Untrusted(", ".join(groups), _MOST_OF_GROUPS, "none"))
    if person.barred_by is not None:
        why = sentences.barred(person.barred_by)
        spoken = text("You ", "are" if person.may_ask else "were", " ", name(principal.name), ". ", Untrusted(why))
        return message(spoken, [row("⛔ ", Untrusted(why)), facts(*held_by)])
    spoken = fill(
        "You are {name} ({user_name}) in IAM Identity Center: {roles}.",
        name=name(principal.name),
        user_name=Untrusted(principal.user_name),
        roles=roles(personas),
    )
    return message(spoken, [facts(*held_by), row(held)])
