"""Rows to frozen values and back: two functions an aggregate, ``columns_of_x`` and ``x_of``."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from core.adapters.storage.command_documents import dump_command, load_command
from core.adapters.storage.notice_documents import dump_content, load_content
from core.adapters.storage.search_conditions import sought
from core.adapters.storage.tables import (
    AuditEventRow,
    CardRow,
    CommandRow,
    HomeRow,
    OutgoingRow,
    PinRow,
    RequestRow,
    VoteRow,
)
from core.domain.approval import Verdict, Vote
from core.domain.audit import Sealed
from core.domain.commands import Command, CommandKind
from core.domain.conversations import Place
from core.domain.ids import AccountId, ConversationId, PermissionSetArn, PrincipalId, RequestId
from core.domain.notices import Audience, Form, Notice, Recipient, Topic
from core.domain.organization import Target
from core.domain.people import ChatUser, KnownAs, Pin, PinState
from core.domain.platforms import SLACK
from core.domain.request import Actor, LeftBehind, Request, Status, ending_soon_at
from core.domain.search import fold
from core.ports import MessageRef, OpenedHome, Outgoing, StoredCommand

Columns = dict[str, Any]

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Stored for a request that does not expire: one comparison finds what is due, in older releases too."""


def columns_of_chat_user(user: ChatUser) -> list[str]:
    return [user.platform, user.team, user.user]


def chat_user_of(document: Sequence[str]) -> ChatUser:
    platform, team, user = document
    return ChatUser(platform, team, user)


def columns_of_actor(actor: Actor) -> Columns:
    return {
        "name": actor.name,
        "principal_id": actor.principal_id,
        "chat_user": columns_of_chat_user(actor.chat_user) if actor.chat_user else None,
    }


def actor_of(document: Columns) -> Actor:
    user = document["chat_user"]
    return Actor(document["name"], document["principal_id"], chat_user_of(user) if user else None)


_AS_THEY_ARE = (
    "reminders",
    "untold",
    "tells_each",
    "second_account",
    "filed_by_token",
    "slow_told",
    "closed_by",
    "close_reason",
    "unjudged",
)
"""Fields of a request that are columns by the same name, of the same type."""


def columns_of_request(request: Request) -> Columns:
    """Everything but id and version, which are storage's to give."""
    return {
        "status": request.status.value,
        "requester": request.requester,
        "requester_name": request.requester_name,
        "requester_user_name": request.requester_user_name,
        "requester_chat": columns_of_chat_user(request.requester_chat) if request.requester_chat else None,
        "account_id": request.target.account,
        "account_name": request.account_name,
        "account_was": request.account_was,
        "permission_set_arn": request.target.permission_set,
        "permission_set_name": request.permission_set_name,
        "duration": request.duration,
        "justification": request.justification,
        "ticket": request.ticket,
        "created_at": request.created_at,
        "expires_at": request.expires_at or NEVER,
        "start_at": request.start_at,
        "session_duration": request.session_duration,
        "eligibility_policies": list(request.eligibility_policies),
        "approval_policies": list(request.approval_policies),
        "channels": list(request.channels),
        "quorum": request.quorum,
        "policy_revision": request.policy_revision,
        "decided_at": request.decided_at,
        "decided_by": request.decided_by,
        "decision_comment": request.decision_comment,
        "granting_at": request.granting_at,
        "window_start_at": request.window_start_at,
        "end_at": request.end_at,
        "warn_at": ending_soon_at(request),
        "revoking_at": request.revoking_at,
        "revoked_by": request.revoked_by,
        "revoke_reason": request.revoke_reason,
        "closed_at": request.closed_at,
        "failure": request.failure,
        "ending_soon_told": request.ending_soon_told,
        "alarmed_at": request.alarmed_at,
        "continued_by": request.continued_by,
        "extends": request.extends,
        "submission": request.submission,
        "card": request.card,
        "asked_duration": request.asked_duration,
        "judged_at": request.judged_at,
        "left_behind": request.left_behind.value if request.left_behind else None,
        **{name: getattr(request, name) for name in _AS_THEY_ARE},
        "sought": sought(request),
        **_waiting(request),
    }


def _waiting(request: Request) -> Columns:
    """The columns that matter while it is pending."""
    return {
        "remind_at": request.remind_at,
        "undecidable_since": request.undecidable_since,
    }


def request_of(row: RequestRow) -> Request:
    return Request(
        id=RequestId(row.id),
        version=row.version,
        status=Status(row.status),
        requester=PrincipalId(row.requester),
        requester_name=row.requester_name,
        requester_user_name=row.requester_user_name,
        requester_chat=chat_user_of(row.requester_chat) if row.requester_chat else None,
        target=Target(AccountId(row.account_id), PermissionSetArn(row.permission_set_arn)),
        account_name=row.account_name,
        account_was=row.account_was,
        permission_set_name=row.permission_set_name,
        duration=row.duration,
        justification=row.justification,
        ticket=row.ticket,
        created_at=row.created_at,
        expires_at=row.expires_at if row.expires_at < NEVER else None,
        start_at=row.start_at,
        session_duration=row.session_duration,
        eligibility_policies=tuple(row.eligibility_policies),
        approval_policies=tuple(row.approval_policies),
        channels=tuple(ConversationId(channel) for channel in row.channels),
        quorum=row.quorum,
        policy_revision=row.policy_revision,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        decision_comment=row.decision_comment,
        granting_at=row.granting_at,
        window_start_at=row.window_start_at,
        end_at=row.end_at,
        revoking_at=row.revoking_at,
        revoked_by=row.revoked_by,
        revoke_reason=row.revoke_reason,
        closed_at=row.closed_at,
        failure=row.failure,
        ending_soon_told=row.ending_soon_told,
        alarmed_at=row.alarmed_at,
        continued_by=None if row.continued_by is None else RequestId(row.continued_by),
        extends=None if row.extends is None else RequestId(row.extends),
        submission=None if row.submission is None else RequestId(row.submission),
        card=None if row.card is None else RequestId(row.card),
        asked_duration=row.asked_duration,
        remind_at=row.remind_at,
        judged_at=row.judged_at,
        undecidable_since=row.undecidable_since,
        left_behind=LeftBehind(row.left_behind) if row.left_behind else None,
        **{name: getattr(row, name) for name in _AS_THEY_ARE},
    )


def columns_of_vote(vote: Vote) -> Columns:
    return {
        "request_id": vote.request_id,
        "principal_id": vote.principal_id,
        "name": vote.name,
        "verdict": vote.verdict.value,
        "comment": vote.comment,
        "given_at": vote.at,
        "chat_user": columns_of_chat_user(vote.chat_user) if vote.chat_user else None,
        "allowed": vote.allowed,
        "sought": fold(vote.name),
    }


def vote_of(row: VoteRow) -> Vote:
    return Vote(
        request_id=RequestId(row.request_id),
        principal_id=PrincipalId(row.principal_id),
        name=row.name,
        verdict=Verdict(row.verdict),
        comment=row.comment,
        at=row.given_at,
        chat_user=chat_user_of(row.chat_user) if row.chat_user else None,
        allowed=row.allowed,
    )


def columns_of_sealed(sealed: Sealed, request_id: RequestId | None) -> Columns:
    return {
        "seq": sealed.seq,
        "prev_hash": sealed.prev_hash,
        "hash": sealed.hash,
        "body": sealed.body,
        "request_id": request_id,
    }


def sealed_of(row: AuditEventRow) -> Sealed:
    return Sealed(row.seq, row.prev_hash, row.hash, row.body)


def columns_of_notice(notice: Notice) -> Columns:
    return {
        "form": notice.form.value,
        "topic": notice.topic.value,
        "audience": notice.to.audience.value,
        "recipient": notice.to.id,
        "request_id": notice.request_id,
        "facts": dump_content(notice.content),
    }


def outgoing_of(row: OutgoingRow) -> Outgoing:
    form = Form(row.form)
    notice = Notice(
        form=form,
        content=load_content(form, Topic(row.topic), row.facts),
        to=Recipient(Audience(row.audience), row.recipient),
        request_id=None if row.request_id is None else RequestId(row.request_id),
    )
    return Outgoing(row.id, notice, row.created_at, row.attempts, row.fence, row.faults)


def columns_of_ref(ref: MessageRef) -> Columns:
    return {"platform": ref.platform, "conversation": ref.conversation, "message": ref.message}


def ref_of(row: CardRow) -> MessageRef:
    return MessageRef(row.platform, row.conversation, row.message)


_PERSONAL = "user:"


def key_of(place: Place) -> str:
    """A place as one text. Slack's people are stored without the platform, as all were before there was another."""
    if not isinstance(place, ChatUser):
        return place
    key = (place.team, place.user) if place.platform == SLACK else (place.platform, place.team, place.user)
    return _PERSONAL + "/".join(key)


def place_of(key: str) -> Place:
    if not key.startswith(_PERSONAL):
        return ConversationId(key)
    *platform, team, user = key.removeprefix(_PERSONAL).split("/")
    return ChatUser(platform[0] if platform else SLACK, team, user)


def columns_of_command(command: Command) -> Columns:
    return {
        "key": command.key,
        "kind": command.kind.value,
        "actor": columns_of_chat_user(command.actor),
        "payload": dump_command(command),
    }


def stored_command_of(row: CommandRow) -> StoredCommand:
    return StoredCommand(
        id=row.id,
        command=load_command(CommandKind(row.kind), chat_user_of(row.actor), row.key, row.payload),
        received_at=row.received_at,
        outcome=row.outcome,
        answer_later=row.answer_later,
        attempts=row.attempts,
        faults=row.faults,
    )


def columns_of_pin(pin: Pin) -> Columns:
    return {
        "platform": pin.chat_user.platform,
        "team": pin.chat_user.team,
        "chat_user": pin.chat_user.user,
        "principal_id": pin.principal_id,
        "state": pin.state.value,
        "claimed": pin.claimed,
        "known_as": None if pin.known_as is None else asdict(pin.known_as),
        "told_at": pin.told_at,
    }


def pin_of(row: PinRow) -> Pin:
    return Pin(
        chat_user=ChatUser(row.platform, row.team, row.chat_user),
        principal_id=PrincipalId(row.principal_id),
        state=PinState(row.state) if row.state in frozenset(PinState) else PinState.SUSPENDED,
        claimed=None if row.claimed is None else PrincipalId(row.claimed),
        known_as=_known_as(row.known_as),
        pinned_at=row.pinned_at,
        told_at=row.told_at,
        used_at=row.used_at,
    )


def _known_as(document: dict[str, Any] | None) -> KnownAs | None:
    if document is None:
        return None
    return KnownAs(document["user_name"], tuple(document["emails"]), tuple(document["external_ids"]))


def columns_of_home(home: OpenedHome) -> Columns:
    return {
        "platform": home.chat_user.platform,
        "team": home.chat_user.team,
        "chat_user": home.chat_user.user,
        "principal_id": home.principal_id,
        "drawn_at": home.drawn_at,
        "pages": home.pages,
        "said": home.said,
    }


def home_of(row: HomeRow) -> OpenedHome:
    chat_user = ChatUser(row.platform, row.team, row.chat_user)
    return OpenedHome(chat_user, PrincipalId(row.principal_id), row.drawn_at, row.pages, row.said)
