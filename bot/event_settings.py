"""The variables of the places outside that get the events of the audit trail, and which of them are missing."""

from collections.abc import Mapping

from bot import variables as v
from bot.chat_settings import ChatSettings, variable

URL, SECRET = "TEAMBOT_EVENTS_WEBHOOK_URL", "TEAMBOT_EVENTS_WEBHOOK_SECRET"
_PAIR = (
    f"{URL} and {SECRET} go together: the address, and the key that events are signed with "
    '(printf "whsec_%s" "$(openssl rand -base64 32)")'
)


class EventSettings(ChatSettings):
    """Destinations are an operator's choice: what may leave, and to where, is not set in chat."""

    webhook_url: v.WebhookUrl = variable(
        URL, "Address that gets the events of the audit trail, each as a signed POST: https, on the public internet."
    )
    webhook_secret: v.WebhookSecret | None = variable(
        SECRET,
        "Key that they are signed with: `whsec_` and 24 to 64 bytes in base64; two with a comma between while it "
        "is changed, the new one first.",
        None,
    )
    events_topic: v.TopicArn = variable("TEAMBOT_EVENTS_SNS_TOPIC", "SNS topic (ARN) that gets them, standard or FIFO.")
    events_bus: v.EventBusArn = variable("TEAMBOT_EVENTS_BUS", "EventBridge event bus (ARN) that gets them.")
    events_role: v.RoleArn = variable(
        "TEAMBOT_EVENTS_ROLE", "Role to assume for topic, event bus and e-mail. Empty: the process's own rights."
    )
    email_from: v.MailFrom = variable(
        "TEAMBOT_EMAIL_FROM",
        "Sender of e-mail to people whom no chat reaches, `teambot@example.com` or `TEAM Bot <teambot@example.com>`. "
        "Empty: nobody gets e-mail.",
    )
    audit_s3_every: v.Minutes = variable(
        "TEAMBOT_AUDIT_S3_EVERY",
        "Minutes after which the bucket of `TEAMBOT_AUDIT_S3_BUCKET` gets what is new in the trail, under `recent/`, "
        "beside the file of each day. 0: never.",
        5,
    )


def missing_of_events(given: Mapping[str, str]) -> list[str]:
    """A line for each destination of which a part is missing."""
    return [_PAIR] if (URL in given) != (SECRET in given) else []
