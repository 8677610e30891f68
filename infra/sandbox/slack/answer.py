"""What a person sees right after doing something."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.sandbox.slack.delivery.parcel import Delivery

if TYPE_CHECKING:
    from infra.sandbox.slack.modal import Modal
    from infra.sandbox.slack.seen import SeenMessage


@dataclass(frozen=True)
class Answer:
    #: What stands in red, by the label of the field.
    errors: dict[str, str] = field(default_factory=dict)
    #: The modal on top now.
    modal: "Modal | None" = None
    #: The form that was submitted or closed is gone.
    closed: bool = False
    #: Slack's own words when the app didn't answer, or answered nonsense.
    trouble: str | None = None
    #: The question a confirmation dialog asked, whether it was confirmed or not.
    asked: str = ""
    #: The private message that came straight back.
    message: "SeenMessage | None" = None
    #: The delivery this caused, for tests that look behind the scenes.
    delivery: Delivery | None = None
