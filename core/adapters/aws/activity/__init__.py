"""The four sources of session activity behind one port, and the choice among them."""

from core.adapters.aws.activity.athena import AthenaActivity
from core.adapters.aws.activity.configuration import SourceConfiguration, SourceName
from core.adapters.aws.activity.insights import InsightsActivity
from core.adapters.aws.activity.lake import LakeActivity
from core.adapters.aws.activity.lookup import LookupActivity
from core.adapters.aws.session import AwsSession
from core.ports import Clock, SessionActivity


def activity_source(session: AwsSession, configuration: SourceConfiguration, clock: Clock) -> SessionActivity:
    """The source that the configuration names. Nothing is asked of it yet."""
    match configuration.source:
        case SourceName.ATHENA:
            return AthenaActivity(session, configuration)
        case SourceName.CLOUDWATCH:
            return InsightsActivity(session, configuration)
        case SourceName.LAKE:
            return LakeActivity(session, configuration)
        case SourceName.LOOKUP:
            return LookupActivity(session, configuration, clock)
