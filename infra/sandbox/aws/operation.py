"""What an operation of a service is to the front: a function from a call to the answer's members."""

from collections.abc import Callable, Mapping
from typing import Any

from .wire import Call

Answer = Mapping[str, Any]
Operation = Callable[[Call], Answer]
