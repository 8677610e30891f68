"""Tokens of the HTTP API: the list, the form, and the one screen that shows a new one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.machines import LIFETIMES, LONGEST_NAME, ApiToken, Scope
from core.services.policies.tokens import NewToken
from handlers.screens.filled import Filled
from handlers.screens.ids import ActionId, FormId, InputId
from handlers.screens.inputs import Choice, Input, Select, Typed
from handlers.screens.numbers import number_or
from handlers.screens.parts import Button, Tone, aside, buttons, facts, row
from handlers.screens.screen import Screen, form, note
from handlers.screens.spans import Code, Instant, Text, joined, name, strong_name, text
from handlers.words.machine_words import SCOPES

TITLE = "API tokens"
PAGE = 10
OFF = "The HTTP API is off. Whoever operates TEAM Bot switches it on with TEAMBOT_API_URL."
_MEANS = (
    "A token acts for the admin who made it, and never for more than that person may do at the time. It decides "
    "nothing, and what it files waits for a person."
)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TokenForm:
    """The form as it was filled in."""

    name: str
    scopes: frozenset[Scope]
    life: timedelta | None


def build_list(tokens: Sequence[ApiToken], address: str, now: datetime, start: int = 0) -> Screen:
    """The newest first, ten a page; one that is valid has its button. ``address`` of the API: empty where it is off."""
    shown = tokens[start : start + PAGE]
    after = start + PAGE
    new = Button("Make a token", ActionId.TOKEN_NEW, "new", Tone.PRIMARY) if address else None
    more = Button("More", ActionId.TOKENS, str(after), spoken="More tokens") if after < len(tokens) else None
    return note(
        TITLE,
        [
            row("The API is at ", Code(address), ".") if address else row(OFF),
            aside(_MEANS),
            *(row(_line(each, now), button=_revoke(each, now)) for each in shown),
            *([] if shown else [row("There are no tokens.")]),
            buttons(new, more, id="tokens.actions"),
        ],
    )


def build_form() -> Screen:
    """Asks for what the token may do, and for how long."""
    scopes = tuple(Choice(said, scope.value, scope.value) for scope, said in SCOPES.items())
    lives = tuple(Choice(_days(each), str(each // _DAY)) for each in LIFETIMES)
    return form(
        FormId.TOKEN,
        TITLE,
        [
            row(_MEANS),
            Input(
                InputId.TOKEN_NAME,
                ActionId.TOKEN_NAME,
                "Name",
                Typed(LONGEST_NAME),
                hint="The program that will use it. It's shown on every request that the token files.",
            ),
            Input(
                InputId.TOKEN_SCOPES,
                ActionId.TOKEN_SCOPES,
                "May",
                Select(scopes, takes_several=True, placeholder="Choose"),
            ),
            Input(
                InputId.TOKEN_LIFE,
                ActionId.TOKEN_LIFE,
                "Valid for",
                Select(lives, placeholder="Choose"),
            ),
        ],
        submit="Make",
    )


def parse(filled: Filled) -> TokenForm:
    chosen = filled.several(InputId.TOKEN_SCOPES)
    days = number_or(filled.chosen(InputId.TOKEN_LIFE), 0)
    life = next((each for each in LIFETIMES if each == days * _DAY), None)
    scopes = frozenset(Scope(each) for each in chosen if each in set(Scope))
    return TokenForm(filled.typed(InputId.TOKEN_NAME), scopes, life)


def made(new: NewToken, address: str) -> Screen:
    """The only place where the secret is ever shown."""
    token = new.token
    return note(
        TITLE,
        [
            row("Copy this token now. It isn't shown again."),
            row(Code(new.secret)),
            facts(
                ("Name", name(token.name)),
                ("May", ", ".join(_said(token))),
                ("Valid until", Instant(token.expires_at)),
                ("Address", Code(address)),
            ),
            aside("Keep it in a secret store. Whoever has it can do all of that in your name."),
        ],
    )


def revoked(token: ApiToken) -> Screen:
    return note(
        TITLE,
        [
            row("The token ", strong_name(token.name), " is revoked. It no longer works."),
            aside("A request that it filed and that hasn't started can't be granted any more."),
        ],
    )


def _revoke(token: ApiToken, now: datetime) -> Button | None:
    if token.objection(now) is not None:
        return None
    return Button("Revoke", ActionId.TOKEN_REVOKE, str(token.id), Tone.DANGER, f"Revoke {token.name}")


def _line(token: ApiToken, now: datetime) -> Text:
    used = text("last used ", Instant(token.used_at, now)) if token.used_at else "never used"
    whose = joined(" · ", (text("of ", name(token.maker_name)), _state(token, now), used))
    return text(strong_name(token.name), "\n", ", ".join(_said(token)), "\n", whose)


def _state(token: ApiToken, now: datetime) -> Text:
    if token.revoked_at is not None:
        return text("⚪ revoked by ", name(token.revoked_by), " ", Instant(token.revoked_at, now))
    if now >= token.expires_at:
        return text("⚪ expired ", Instant(token.expires_at, now))
    return text("🟢 valid until ", Instant(token.expires_at, now))


def _said(token: ApiToken) -> list[str]:
    return [said for scope, said in SCOPES.items() if scope in token.scopes]


def _days(life: timedelta) -> str:
    return "1 day" if life == _DAY else f"{life // _DAY} days"
