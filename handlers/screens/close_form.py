"""The form **Close by hand**: for a revocation that AWS will never finish, with the reason why."""

from core.domain.request import Request
from handlers.screens import request_texts
from handlers.screens.ids import ActionId, FormId, InputId
from handlers.screens.inputs import Input, Typed
from handlers.screens.parts import row
from handlers.screens.request_buttons import about
from handlers.screens.screen import Screen, form
from handlers.screens.spans import Instant, name, strong, text

LONGEST = 1000


def build(request: Request) -> Screen:
    since = text(", since ", Instant(request.revoking_at)) if request.revoking_at else ""
    who = strong(name(request.requester_name))
    return form(
        FormId.CLOSE,
        "Close by hand",
        [
            row(who, "'s access to ", request_texts.target(request), " is being ended", since, "."),
            row(
                "Check the assignment in IAM Identity Center first: closing removes nothing in AWS. It ends the "
                "request here, and notes that AWS may still list the assignment. TEAM Bot keeps trying to delete it."
            ),
            Input(
                InputId.REASON,
                ActionId.REASON,
                "Reason",
                Typed(LONGEST, is_long=True),
                hint="Everybody who sees the request reads it, and it's kept in the audit trail.",
            ),
        ],
        submit="Close",
        memo=about(request),
    )
