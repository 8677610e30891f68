"""The list of tokens, the form, and the screen that shows a new one, at their worst case."""

from datetime import timedelta

import pytest

from core.domain.ids import PrincipalId
from core.domain.machines import ApiToken, Scope
from core.domain.people import ChatUser
from core.services.policies.tokens import NewToken
from handlers.screens import tokens
from handlers.screens.filled import Filled
from handlers.screens.ids import InputId
from handlers.slack.drawing.render import render_view
from tests.handlers.conftest import Open
from tests.handlers.samples import HOSTILE, LONG, NOW, foreign_markup

ADDRESS = "https://bot.example.com"
SECRET = "tb_" + "x" * 43


def token(name: str = "nightly job", number: int = 1, **facts: object) -> ApiToken:
    account = ChatUser("slack", "T", "U")
    end = NOW + timedelta(days=7)
    known = ApiToken(name, PrincipalId("p"), "Frank", account, frozenset(Scope), NOW, end, "digest", number)
    return known.__class__(**{**{each: getattr(known, each) for each in ApiToken.__slots__}, **facts})


async def test_the_list_says_whose_what_for_and_until_when_and_revokes_what_is_valid(show: Open) -> None:
    over = token("old job", 2, expires_at=NOW)
    gone = token("lost job", 3, revoked_at=NOW, revoked_by="Olga")
    shown = await show(tokens.build_list([token(), over, gone], ADDRESS, NOW))
    assert "of Frank" in shown
    assert ("valid until" in shown, "expired" in shown, "revoked by Olga" in shown) == (True, True, True)
    assert (shown.count("[ Revoke ]"), "[ Make a token ]" in shown) == (1, True)


async def test_where_the_api_is_off_none_is_made(show: Open) -> None:
    shown = await show(tokens.build_list([], "", NOW))
    assert "TEAMBOT_API_URL" in shown
    assert "[ Make a token ]" not in shown


async def test_many_are_shown_in_pages(show: Open) -> None:
    many = [token(f"job {number}", number) for number in range(25)]
    first, last = (
        await show(tokens.build_list(many, ADDRESS, NOW)),
        await show(tokens.build_list(many, ADDRESS, NOW, 20)),
    )
    assert ("job 9" in first, "job 10" in first, "[ More ]" in first) == (True, False, True)
    assert ("job 24" in last, "[ More ]" in last) == (True, False)


async def test_a_new_one_is_shown_whole_with_what_it_may(show: Open) -> None:
    shown = await show(tokens.made(NewToken(token(), SECRET), ADDRESS))
    assert SECRET in shown
    assert "It isn't shown again." in shown


@pytest.mark.parametrize("text", [HOSTILE, LONG])
async def test_the_worst_names_are_names(text: str, show: Open) -> None:
    worst = token(text, revoked_at=NOW, revoked_by=text, maker_name=text)
    for screen in (
        tokens.build_list([worst] * 10, ADDRESS, NOW),
        tokens.build_form(),
        tokens.made(NewToken(token(text), SECRET), ADDRESS),
        tokens.revoked(token(text)),
    ):
        await show(screen)
        assert text is not HOSTILE or foreign_markup(render_view(screen)) == []


def test_what_the_form_did_not_offer_is_not_chosen() -> None:
    filled = Filled(
        {
            InputId.TOKEN_NAME: "job",
            InputId.TOKEN_SCOPES: ("requests:read", "everything"),
            InputId.TOKEN_LIFE: ("400",),
        }
    )
    assert tokens.parse(filled) == tokens.TokenForm("job", frozenset({Scope.READ_REQUESTS}), None)
    assert tokens.parse(Filled()) == tokens.TokenForm("", frozenset(), None)
