"""Words about machines: tokens of the HTTP API, and people who sign their calls at a terminal."""

from collections.abc import Mapping

from core.domain.errors import Reason
from core.domain.machines import Scope

REFUSALS: Mapping[Reason, str] = {
    Reason.TOKEN_UNKNOWN: "This is not a token of TEAM Bot. Ask whoever runs this program to check it.",
    Reason.TOKEN_REVOKED: "The token {detail} has been revoked. Ask an admin of TEAM Bot for a new one.",
    Reason.TOKEN_EXPIRED: "The token {detail} has expired. Ask an admin of TEAM Bot for a new one.",
    Reason.TOKEN_OUT_OF_SCOPE: (
        "This token doesn't have the scope {detail}. Ask an admin of TEAM Bot for a token that has it."
    ),
    Reason.TOKEN_DECIDES_NOTHING: "A token decides nothing. Decide in chat.",
    Reason.TOKEN_NAME_UNUSABLE: "A token needs a name: one line of at most {detail} characters.",
    Reason.TOKEN_NAME_TAKEN: "You have a token {detail} already. Give this one another name, or revoke that one.",
    Reason.TOKEN_WITHOUT_SCOPE: "Choose what the token may do.",
    Reason.TOKEN_WITHOUT_END: "Choose for how long the token is valid.",
    Reason.TOO_MANY_TOKENS: "You have {detail} tokens that are valid. Revoke one you don't need.",
    Reason.AT_TERMINAL: "At a terminal you can only ask for access, and end your own. Do this in chat.",
    Reason.SIGNATURE_REFUSED: (
        "AWS doesn't recognize the credentials that signed this. Sign in again with `aws sso login`, then try again."
    ),
    Reason.SIGNATURE_STALE: (
        "This was signed more than {limit} ago, or by a clock that is wrong. Check the clock, and try again."
    ),
    Reason.SIGNATURE_USED: "This signature has been used already. Run the command again.",
    Reason.SIGNED_FOR_ANOTHER: (
        "This was signed for another call or another bot. Check that TEAMBOT_API_URL is the address that the admins "
        "of TEAM Bot gave you."
    ),
    Reason.SIGNER_OUTSIDE: (
        "These AWS credentials don't belong to an IAM Identity Center session in this organization. Sign in with "
        "`aws sso login`, and choose that profile with AWS_PROFILE."
    ),
    Reason.SIGNER_NO_PERSON: (
        "These AWS credentials don't lead to exactly one enabled user in IAM Identity Center. Ask in chat instead."
    ),
}

SCOPES: Mapping[Scope, str] = {
    Scope.READ_REQUESTS: "Read requests",
    Scope.FILE_REQUESTS: "File requests",
    Scope.END_ACCESS: "Withdraw requests and end access",
    Scope.READ_POLICIES: "Read and check policies",
    Scope.WRITE_POLICIES: "Change policies",
    Scope.READ_AUDIT: "Read the audit trail",
}
