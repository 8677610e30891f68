"""Pairs of chat and Identity Center users that wait for a release: in messages, on Home, and in the form (rule 1)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.domain.evaluation import reason_in
from core.domain.notice_content import (
    AboutPairs,
    AccountElsewhere,
    PairReleased,
    PairsReleased,
    PairsSuspended,
    PairSuspended,
    SecondAccount,
    SecondAccountOfYours,
    SecondAccounts,
)
from core.domain.pairing import Pairing, fingerprint
from core.domain.people import ChatUser
from handlers.screens import phrases
from handlers.screens.filled import Filled
from handlers.screens.ids import ActionId, FormId, InputId
from handlers.screens.inputs import Input, Typed
from handlers.screens.memos import read_memo
from handlers.screens.parts import Button, aside, buttons, row
from handlers.screens.screen import Screen, form, note
from handlers.screens.spans import Code, PersonRef, Text, Untrusted, fill, name, strong, text
from handlers.words import pair_words
from handlers.words.platforms import called

TITLE = "Release accounts"
PAGE = 10
LONGEST_REASON = 1000

_RELEASE = text("An admin can release it on Home, or with ", Code("teambot identity release"), ".")


def told(content: AboutPairs) -> Text:  # noqa: PLR0911 - one row a kind
    """A message about one pair, or about several that have come to wait since the last one."""
    match content:
        case SecondAccountOfYours():
            return fill(
                "{user} leads to you in IAM Identity Center too. It can only ask for access in your name until an "
                "admin releases it. If that is not you, tell the admins.",
                user=_user(content.user, content.platform),
            )
        case AccountElsewhere():
            return fill(
                "{user} acts as you in IAM Identity Center now. If that is not you, tell the admins.",
                user=_user(content.user, content.platform),
            )
        case SecondAccounts():
            several = _several(content.count, content.users)
            return text(several, " lead to people who have another chat account here. They can only ask. ", _RELEASE)
        case SecondAccount():
            return fill(
                "{user} leads to {who} in IAM Identity Center, as another one does. It can only ask. {release}",
                user=_user(content.user, content.platform),
                who=name(content.claimed),
                release=_RELEASE,
            )
        case PairsSuspended():
            return fill(
                "{several} now lead to other users in IAM Identity Center than before. They can only reject, "
                "withdraw and end. {release}",
                several=_several(content.count, content.users),
                release=_RELEASE,
            )
        case PairSuspended():
            return fill(
                "{user} now leads to {claimed} in IAM Identity Center, and led to somebody else before. It can only "
                "reject, withdraw and end. {release}",
                user=_user(content.user, content.platform),
                claimed=name(content.claimed),
                release=_RELEASE,
            )
        case PairsReleased():
            by, why = name(content.by), phrases.because(content.why)
            return text(content.count, " chat users can act again: released together by ", by, why)
        case PairReleased():
            return fill(
                "{user} can act again, as {who} in IAM Identity Center: released by {by}{why}",
                user=_user(content.user, content.platform),
                who=name(content.name),
                by=name(content.by),
                why=phrases.because(content.why),
            )


def _user(user: str, platform: str) -> Text:
    return text(f"The {called(platform) or 'chat'} user ", Code(user))


def _several(count: int, users: str) -> Text:
    more = count - len(users.split(", "))
    listed = f"{users} and {more} more" if more > 0 else users
    return text(count, " chat users (", Untrusted(listed), ")")


def warning(suspended: int, second: int) -> Text:
    """The number that wait, as one line on Home."""
    elsewhere = "leads to another user" if suspended == 1 else "lead to other users"
    further = "is a second account of somebody" if second == 1 else "are second accounts of somebody"
    parts = [
        f"{suspended} {elsewhere} in IAM Identity Center than before" if suspended else "",
        f"{second} {further}" if second else "",
    ]
    return text(strong("Chat accounts waiting for a release"), ": ", ", ".join(filter(None, parts)), ".")


@dataclass(frozen=True, slots=True)
class PairsToRelease:
    """One pair as it was shown, or all that are sure, as they were shown."""

    account: ChatUser | None = None
    leads_to: str = ""
    shown: str = ""

    def __str__(self) -> str:
        about = [self.account.team, self.account.user, self.account.platform] if self.account else None
        return json.dumps({"a": about, "t": self.leads_to, "s": self.shown})

    @classmethod
    def read(cls, text: object) -> "PairsToRelease | None":
        """None for anything that this program did not write."""
        try:
            stored: Any = read_memo(text)
            return cls(_account(stored["a"]), str(stored["t"]), str(stored["s"]))
        except (ValueError, TypeError, KeyError):
            return None


def _account(stored: Any) -> ChatUser | None:
    if not stored:
        return None
    team, user, platform = map(str, stored)
    return ChatUser(platform, team, user)


def build_list(waiting: Sequence[Pairing], start: int = 0) -> Screen:
    """The pairs, old and new user of each, ten a page, each with its button; and one for all that are sure."""
    shown = waiting[start : start + PAGE]
    sure = [each for each in waiting if each.is_sure]
    rows = [row(_row(each), button=_release(each)) for each in shown]
    after = start + PAGE
    count = aside(
        text(start + 1, " to ", start + len(shown), " of ", len(waiting)) if len(waiting) > PAGE and shown else ""
    )
    everybody = str(PairsToRelease(shown=fingerprint(sure)))
    more = Button("More", ActionId.PAIRS, str(after), spoken="More accounts") if after < len(waiting) else None
    return note(
        TITLE,
        [
            *(rows or [row("No account waits for a release.")]),
            count,
            buttons(
                Button(_release_all(len(sure)), ActionId.RELEASE_ALL, everybody) if sure else None,
                more,
                id="pairs.actions",
            ),
        ],
    )


def _release_all(sure: int) -> str:
    return "Release the one that pairs up" if sure == 1 else f"Release all {sure} that pair up"


def build_form(wanted: PairsToRelease, waiting: Sequence[Pairing]) -> Screen:
    """Asks for a reason, and shows once more who is released."""
    meant = [each for each in waiting if each.pin.chat_user == wanted.account]
    if wanted.account is None:
        meant = [each for each in waiting if each.is_sure]
    rows = [row(_row(each)) for each in meant[:PAGE]]
    more = aside(text("and ", len(meant) - PAGE, " more, as the list shows them") if len(meant) > PAGE else "")
    reason = Input(
        InputId.REASON,
        ActionId.REASON,
        "Reason",
        Typed(LONGEST_REASON, is_long=True),
        hint="How you made sure who they are. It's kept in the audit trail.",
    )
    return form(FormId.RELEASE, TITLE, [*rows, more, reason], submit="Release", memo=str(wanted))


def read_reason(filled: Filled) -> str:
    return reason_in(filled.typed(InputId.REASON))


def said(sentence: str) -> Screen:
    return note(TITLE, [row(Untrusted(sentence))])


def _release(pairing: Pairing) -> Button:
    wanted = PairsToRelease(account=pairing.pin.chat_user, leads_to=pairing.leads_to)
    return Button("Release", ActionId.RELEASE, str(wanted), spoken=f"Release {pairing.pin.chat_user.user}")


def _row(pairing: Pairing) -> Text:
    return text(PersonRef(pairing.pin.chat_user), " ", Untrusted(pair_words.told(pairing), 1500))
