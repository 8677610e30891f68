"""The form **Close by hand**: for a revocation that AWS will never finish, with the reason why."""

from slack_sdk.models.blocks import InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from core.domain.request import Request
from handlers.slack.ids import ActionId, BlockId, CallbackId
from handlers.slack.views import story
from handlers.slack.views.block import about, section, words
from handlers.slack.views.text import name, when

LONGEST = 1000


def build(request: Request) -> View:
    since = f", since {when(request.revoking_at)}" if request.revoking_at else ""
    return View(
        type="modal",
        callback_id=CallbackId.CLOSE.value,
        title=words("Close by hand", 24),
        submit=words("Close", 24),
        close=words("Cancel", 24),
        private_metadata=about(request),
        blocks=[
            section(f"Access of *{name(request.requester_name)}* to {story.target(request)} is being ended{since}."),
            section(
                "Look at the assignment in IAM Identity Center first: this takes nothing away in AWS. It ends the "
                "request here, and says that AWS may still list the assignment. Its deletion is tried further."
            ),
            InputBlock(
                label=words("Reason", 100),
                block_id=BlockId.REASON.value,
                element=PlainTextInputElement(action_id=ActionId.REASON.value, multiline=True, max_length=LONGEST),
                hint=words("Everybody who sees the request reads it, and it's kept in the audit trail.", 200),
            ),
        ],
    )
