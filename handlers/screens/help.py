"""The things this person can do, by persona, with one worked example a command; and who this person is."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from core.domain.people import ChatUser, Person, Persona
from handlers.screens.ids import ActionId
from handlers.screens.parts import Button, Part, Tone, aside, buttons, facts, lines, row
from handlers.screens.screen import Message, message
from handlers.screens.spans import NOTHING, Code, PersonRef, Said, Text, Untrusted, fill, name, strong, text
from handlers.words import sentences
from handlers.words.platforms import platform_of
from handlers.words.subcommands import SUBCOMMANDS, Subcommand, Use, nearest, open_to, typed

_WHAT = text(strong("Temporary access to AWS"), ": ask, get it approved, use it, it ends by itself.")
NOBODY_NAMES_YOU = "No policy lets you ask for access at present. Ask the admins of TEAM Bot to add you to one."
_MOST_OF_GROUPS = 2800
"""Characters of the names of somebody's groups."""
_TITLES: Mapping[Persona, str] = {
    Persona.APPROVER: "As an approver",
    Persona.AUDITOR: "As an auditor",
    Persona.ADMIN: "As an admin",
}
_FIRST_STEPS = ("whoami", "help")
"""For whoever may use none of the others."""


def build(
    personas: Collection[Persona],
    command: str,
    *,
    unknown: str = "",
    refused: str = "",
    taking_away: bool = False,
    known: Sequence[Subcommand] = SUBCOMMANDS,
) -> Message:
    """Explain; ``unknown`` is a word that was typed and is no subcommand: the nearest one is named.

    ``refused``: why this person may use none of them, and what to do about it; ``taking_away``: but for those that
    only take access away. ``known``: the subcommands of the platform.
    """
    meant = _meant(unknown, command, nearest(unknown, personas, known)) if unknown else NOTHING
    parts: list[Part] = [row(meant)] if unknown else []
    if refused:
        barred = [each for each in known if each.is_left_to_barred]
        left = [_lines("Meanwhile", barred, command)] if taking_away else []
        first = [each for each in known if each.word in _FIRST_STEPS]
        parts += [row(_WHAT), row("⛔ ", Untrusted(refused)), *left, _lines("Then", first, command)]
        return message(text(_spoken(meant, command), " ", Untrusted(refused)), parts)
    parts += commands(personas, command, known)
    parts.append(aside("You can do all of this from Home, too."))
    if Persona.REQUESTER in personas:
        parts.append(buttons(Button("Request access", ActionId.ASK, "help", Tone.PRIMARY), id="help.actions"))
    return message(_spoken(meant, command), parts)


def commands(personas: Collection[Persona], command: str, known: Sequence[Subcommand] = SUBCOMMANDS) -> list[Part]:
    """Everything that this person may type, by persona. Asking is among what everyone may who may ask for something."""
    mine = [*open_to(personas, known)]
    everyone = [each for each in mine if each.persona not in _TITLES]
    parts: list[Part] = [row(_WHAT), _lines("Everyone", everyone, command)]
    for persona, title in _TITLES.items():
        if theirs := [each for each in mine if each.explained_to(personas) is persona]:
            parts.append(_lines(title, theirs, command))
    return parts if Persona.REQUESTER in personas else [*parts, aside(NOBODY_NAMES_YOU)]


def roles(personas: Collection[Persona]) -> str:
    """The personas in words."""
    return ", ".join(persona.value for persona in Persona if persona in personas) or "no policy names you"


def may(person: Person, personas: Collection[Persona]) -> str:
    """The personas that somebody may act as, in words."""
    if person.may_ask:
        return roles(personas)
    return f"only to {'' if person.is_second else 'reject, '}withdraw and end at present"


def _meant(unknown: str, command: str, near: str) -> Text:
    hint = text(" Did you mean ", Code(f"{command} {near}"), "?") if near else ""
    return text("There is no ", Code(f"{command} {unknown}"), ".", hint)


def _lines(title: str, several: Iterable[Subcommand], command: str) -> Part:
    return lines(strong(title), *(_line(each, use, command) for each in several for use in each.uses))


def _line(subcommand: Subcommand, use: Use, command: str) -> Text:
    usage, example = (f"{command} {typed(subcommand.word, rest)}" for rest in (use.takes, use.example))
    return text(Code(usage), ": ", Untrusted(use.does), "" if example == usage else text(", as ", Code(example)))


def _spoken(meant: Text, command: str) -> Text:
    begin = text(meant, " ") if meant else ""
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
        why = sentences.barred(person.barred_by, is_second=person.is_second)
        spoken = text("You ", "are" if person.may_ask else "were", " ", name(principal.name), ". ", Untrusted(why))
        return message(spoken, [row("⛔ ", Untrusted(why)), facts(*held_by)])
    spoken = fill(
        "You are {name} ({user_name}) in IAM Identity Center: {roles}.",
        name=name(principal.name),
        user_name=Untrusted(principal.user_name),
        roles=roles(personas),
    )
    return message(spoken, [facts(*held_by), row(held)])
