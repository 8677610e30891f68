"""The ids of screens under the names that views give them which are not drawn from ``handlers.screens`` yet."""

from handlers.screens.ids import ActionId
from handlers.screens.ids import FormId as CallbackId
from handlers.screens.ids import InputId as BlockId

__all__ = ["ActionId", "BlockId", "CallbackId"]
