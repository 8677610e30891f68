"""An operation of a service: a function from a call to the members of its answer."""

from collections.abc import Callable, Mapping
from typing import Any

from .wire import Call

Answer = Mapping[str, Any]
Operation = Callable[[Call], Answer]
