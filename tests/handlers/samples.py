"""Requests, cards and hostile words that the tests of the views share."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from core.domain.approval import Verdict, Vote
from core.domain.errors import Reason
from core.domain.ids import AccountId, ConversationId, OuId, PermissionSetArn, PrincipalId, RequestId
from core.domain.notices import Content, Form, Notice, Recipient, Topic
from core.domain.organization import Account, PermissionSet, Target
from core.domain.people import ChatUser
from core.domain.request import Request, Status, digest
from core.ports import Card
from core.services.queries.offered_accounts import AccountChoice
from handlers.screens.links import Links
from tests.contents import by_topic

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ADA = ChatUser("slack", "T0EXAMPLE", "U0ADA")
BOB = ChatUser("slack", "T0EXAMPLE", "U0BOB")
LINKS = Links(
    home="https://slack.com/app_redirect?app=A0TEAM&team=T0EXAMPLE", portal="https://example.awsapps.com/start"
)

HOSTILE = (
    "<!channel> <@U0BOB> <https://evil.test|Approve here> *bold* _it_ ~no~ `code` ```fence``` :tada: "
    "\u202eevil\u200b\u0007 & https://evil.test #general @here\nsecond line\n> quote"
)
LONG = "&<>" * 400

REQUEST = Request(
    id=RequestId(1042),
    version=1,
    status=Status.PENDING,
    requester=PrincipalId("p-ada"),
    requester_name="Ada Lovelace",
    requester_chat=ADA,
    target=Target(AccountId("111122223333"), PermissionSetArn("arn:aws:sso:::permissionSet/ssoins-1/ps-1")),
    account_name="Payments Prod",
    permission_set_name="PowerUserAccess",
    duration=timedelta(hours=2),
    justification="fix the stuck deployment pipeline",
    ticket="PAY-123",
    created_at=NOW,
    expires_at=NOW + timedelta(hours=3),
    eligibility_policies=("payments-engineers",),
    approval_policies=("payments-approvers",),
    channels=(ConversationId("C0PAYMENTS"),),
    quorum=1,
    policy_revision=7,
)
APPROVAL = Vote(REQUEST.id, PrincipalId("p-bob"), "Bob Kahn", Verdict.APPROVE, "go ahead", NOW, BOB)
REJECTION = replace(APPROVAL, verdict=Verdict.REJECT, comment="not on a Friday")

_APPROVED = replace(
    REQUEST, status=Status.SCHEDULED, decided_at=NOW, decided_by="Bob Kahn", decision_comment="go ahead"
)
_GRANTING = replace(_APPROVED, status=Status.GRANTING, granting_at=NOW, end_at=NOW + timedelta(hours=2))
_ACTIVE = replace(_GRANTING, status=Status.ACTIVE, window_start_at=NOW, end_at=NOW + timedelta(hours=2))
_REVOKED = replace(_ACTIVE, revoked_by="Carol Shaw", revoke_reason="incident over", revoking_at=NOW, closed_at=NOW)
STATES: dict[Status, Request] = {
    Status.PENDING: REQUEST,
    Status.SCHEDULED: replace(_APPROVED, start_at=NOW + timedelta(days=1)),
    Status.GRANTING: _GRANTING,
    Status.ACTIVE: _ACTIVE,
    Status.REVOKING: replace(_ACTIVE, status=Status.REVOKING, revoking_at=NOW),
    Status.ENDED: replace(_ACTIVE, status=Status.ENDED, closed_at=NOW + timedelta(hours=2)),
    Status.REVOKED: replace(_REVOKED, status=Status.REVOKED),
    Status.REJECTED: replace(
        REQUEST,
        status=Status.REJECTED,
        decided_at=NOW,
        decided_by="Bob Kahn",
        decision_comment="not on a Friday",
        closed_at=NOW,
    ),
    Status.CANCELLED: replace(REQUEST, status=Status.CANCELLED, closed_at=NOW),
    Status.EXPIRED: replace(REQUEST, status=Status.EXPIRED, closed_at=NOW),
    Status.FAILED: replace(_GRANTING, status=Status.FAILED, failure="AWS: the role is at its limit", closed_at=NOW),
}
DISALLOWED = replace(_APPROVED, status=Status.FAILED, failure=Reason.NOT_ELIGIBLE.value, closed_at=NOW)
GIVEN_UP = replace(_GRANTING, failure="AccessDenied")
CALLED_OFF = replace(_APPROVED, status=Status.REVOKED, revoked_by="Ada Lovelace", closed_at=NOW)


def nasty(request: Request, text: str = HOSTILE) -> Request:
    """The same request with every free text in it replaced: filed by a token, or from a second account."""
    by_token = [*Status].index(request.status) % 2 == 0
    return replace(
        request,
        requester_name=text,
        account_name=text,
        permission_set_name=text,
        justification=text[:1000],
        ticket=text[:100],
        decided_by=text if request.decided_by else "",
        decision_comment=text if request.decision_comment else "",
        revoked_by=text if request.revoked_by else "",
        revoke_reason=text if request.revoke_reason else "",
        failure=text if request.failure else "",
        filed_by_token=text if by_token else "",
        second_account=not by_token,
    )


def card(request: Request, **changes: object) -> Card:
    votes = {Status.PENDING: (), Status.REJECTED: (REJECTION,), Status.CANCELLED: (), Status.EXPIRED: ()}
    shown = Card(
        request=request,
        votes=votes.get(request.status, (APPROVAL,)),
        approver_names=("Bob Kahn", "Carol Shaw", "Dan Bricklin"),
        group_names=("Payments Leads",),
        account_path=("Workloads", "Payments"),
        recent_requests=3,
        live_elsewhere=(),
        extends=None,
        requester_users=(ADA,),
        digest=digest(request),
        now=NOW,
    )
    return replace(shown, **changes)  # type: ignore[arg-type]


def worst_card(request: Request, text: str = LONG) -> Card:
    """Everything at its longest: two hundred approvers, deep paths, many votes."""
    request = nasty(request, text)
    return card(
        request,
        votes=tuple(replace(APPROVAL, name=text, comment=text, principal_id=PrincipalId(f"p-{n}")) for n in range(5)),
        approver_names=tuple(f"{n} {text}" for n in range(200)),
        group_names=tuple(f"{n} {text}" for n in range(20)),
        account_path=(text,) * 5,
        live_elsewhere=(request,) * 50,
        requester_users=(ADA, BOB) * 5,
    )


def notice(said: Topic | Content, form: Form = Form.DIRECT) -> Notice:
    """Of a topic that has contents of its own, the first of their samples."""
    content = by_topic()[said] if isinstance(said, Topic) else said
    return Notice(form, content, Recipient.principal(REQUEST.requester), REQUEST.id)


#: The request as it is when a topic is told.
TOLD: dict[Topic, Request] = {
    Topic.SUBMITTED: REQUEST,
    Topic.APPROVAL_COUNTED: REQUEST,
    Topic.REMINDER: REQUEST,
    Topic.APPROVED: _APPROVED,
    Topic.REJECTED: STATES[Status.REJECTED],
    Topic.CANCELLED: STATES[Status.CANCELLED],
    Topic.EXPIRED: STATES[Status.EXPIRED],
    Topic.GRANTING: STATES[Status.GRANTING],
    Topic.ACTIVE: _ACTIVE,
    Topic.ENDING_SOON: replace(_ACTIVE, end_at=NOW + timedelta(minutes=15)),
    Topic.BEING_ENDED: STATES[Status.REVOKING],
    Topic.ENDED: STATES[Status.ENDED],
    Topic.REVOKED: STATES[Status.REVOKED],
    Topic.FAILED: STATES[Status.FAILED],
    Topic.OVERDUE: STATES[Status.REVOKING],
    Topic.LATE_END: STATES[Status.ENDED],
    Topic.DRIFT: _ACTIVE,
    Topic.UNDECIDABLE: REQUEST,
    Topic.EXPORTED: REQUEST,
    Topic.EXPORT_FAILED: REQUEST,
    Topic.ANSWER: REQUEST,
    Topic.ACTIVITY: STATES[Status.ENDED],
}


def account_choice(
    name: str = "Payments Prod", number: int = 111122223333, path: tuple[str, ...] = ()
) -> AccountChoice:
    return AccountChoice(Account(AccountId(str(number)), name, OuId("ou-1")), path)


def permission_set(name: str = "PowerUserAccess", description: str = "Everything but users") -> PermissionSet:
    return PermissionSet(REQUEST.target.permission_set, name, description)


def every(build: Callable[[Request], object]) -> list[object]:
    """The results of a builder for each state, and for those that share a status."""
    return [build(request) for request in (*STATES.values(), DISALLOWED, GIVEN_UP, CALLED_OFF)]


_TARGET = re.compile(r"<([^<>]*)>")
_OURS = re.compile(r"@U0\w+|#C0\w+|!date\^\d+\^[^|]*\|[^|]*|https://[\w.-]*(?:slack\.com|awsapps\.com)/[^|]*(?:\|.*)?")


def markup(content: object) -> Iterator[str]:
    """Every string that Slack reads as mrkdwn: text objects of that type, and the fallback text."""
    if isinstance(content, list):
        for each in content:
            yield from markup(each)
    elif isinstance(content, dict):
        if content.get("type") == "mrkdwn" or "blocks" in content:
            yield str(content.get("text", ""))
        for value in content.values():
            yield from markup(value)


def foreign_markup(rendered: dict[str, Any]) -> list[str]:
    """Text in a message or view that Slack would take for a link, mention or formatting and that is none of ours."""
    found: list[str] = []
    for text in markup(rendered):
        found += [target for target in _TARGET.findall(text) if not _OURS.fullmatch(target)]
        outside = re.sub(r"```\n.*?\n```|`[^`\n]+`", "", text, flags=re.DOTALL)
        found += re.findall(r"\*bold\*|_it_|~no~|`code`|:tada:|[\u202e\u200b\u0007]", outside)
        found += re.findall(r"[\u202e\u0007]", text)
    return found
