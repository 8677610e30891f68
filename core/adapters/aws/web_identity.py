"""A token of AWS STS that says to somebody else who this process is: no secret is kept anywhere for it.

Source: AWS STS, GetWebIdentityToken; IAM user guide, "Federating AWS identities to external services". The account has
to have outbound web identity federation enabled.
"""

from core.adapters.aws.budget import Priority
from core.adapters.aws.session import AwsSession

GOOD_FOR = 300
"""Seconds: it is shown at once."""
ALGORITHM = "RS256"
"""The one that Entra takes (Microsoft Entra, workload identity federation)."""


class StsIdentityTokens:
    """The IdentityTokens port. Raises what any call to AWS does."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    async def token(self, audience: str) -> str:
        sts = self._session.sts
        said = await sts.call(
            Priority.READ,
            sts.client.get_web_identity_token,
            Audience=[audience],
            DurationSeconds=GOOD_FOR,
            SigningAlgorithm=ALGORITHM,
        )
        return said["WebIdentityToken"]
