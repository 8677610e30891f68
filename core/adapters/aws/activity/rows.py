"""A row of a query's result as an event: brought into the shape of CloudTrail's record, and read as one."""

from collections.abc import Mapping

from core.adapters.aws.activity.record import event_of, read_json
from core.domain.activity import ActivityEvent

QueryRow = Mapping[str, str | None]


def event_of_row(row: QueryRow) -> ActivityEvent | None:
    """The columns are those of ``sql.COLUMNS`` with ``user_id`` and ``parameters``; names in any case."""
    found = {name.lower(): value for name, value in row.items()}
    return event_of(
        {
            "eventID": found.get("eventid"),
            "eventTime": found.get("eventtime"),
            "eventSource": found.get("eventsource"),
            "eventName": found.get("eventname"),
            "awsRegion": found.get("awsregion"),
            "recipientAccountId": found.get("recipientaccountid"),
            "readOnly": found.get("readonly"),
            "errorCode": found.get("errorcode"),
            "errorMessage": found.get("errormessage"),
            "sourceIPAddress": found.get("sourceipaddress"),
            "userAgent": found.get("useragent"),
            "resources": read_json(found.get("resources")),
            "requestParameters": read_json(found.get("parameters")),
            "userIdentity": {
                "arn": found.get("session_arn"),
                "accessKeyId": found.get("access_key"),
                "onBehalfOf": {"userId": found.get("user_id")},
                "sessionContext": {
                    "sessionIssuer": {"arn": found.get("issuer_arn")},
                    "attributes": {"creationDate": found.get("created_at")},
                },
            },
        }
    )
