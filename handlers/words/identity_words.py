"""Why somebody cannot act here, each case in its own words (rule 1)."""

from collections.abc import Mapping

from core.domain.errors import Reason

REFUSALS: Mapping[Reason, str] = {
    Reason.BOT: "Bots cannot use this. Ask from the account of a person.",
    Reason.GUEST: "Guests cannot use this. Ask the admins of your chat for a full membership.",
    Reason.ANONYMOUS: "Somebody without an account cannot use this. Sign in, then try again.",
    Reason.STRANGER: "People of another organization cannot use this, also not in a shared channel.",
    Reason.OTHER_WORKSPACE: (
        "This account belongs to another workspace. Ask from the workspace that the bot is installed in."
    ),
    Reason.OTHER_TENANT: (
        "This account belongs to another organization. Ask from your account in the one that uses TEAM Bot."
    ),
    Reason.DEACTIVATED: "This chat account is deactivated. Ask the admins of your chat.",
    Reason.NO_EMAIL: (
        "Your chat profile shows no e-mail address, so you cannot be found in IAM Identity Center. Add it."
    ),
    Reason.EMAIL_UNCONFIRMED: (
        "Your e-mail address in the chat profile is not confirmed. Confirm it there, then try again. Where you sign in "
        "by single sign-on and cannot, the operators of TEAM Bot can set TEAMBOT_SLACK_EMAIL=directory."
    ),
    Reason.NO_USER_PRINCIPAL_NAME: (
        "Teams does not say what you sign in with, so you cannot be found in IAM Identity Center. Try again in a "
        "minute; if it stays so, tell the admins of TEAM Bot."
    ),
    Reason.ADDRESSES_DIFFER: (
        "The name that you sign in with and your e-mail address lead to different users in IAM Identity Center. Ask "
        "your AWS admins to give both to one user."
    ),
    Reason.EXTERNAL_ID_UNKNOWN: (
        "No user in IAM Identity Center has the object id of your account in Entra ({detail}) as its external id. Ask "
        "your AWS admins to provision you with it."
    ),
    Reason.NO_PRINCIPAL: (
        "{whose} has no user in IAM Identity Center. Ask your AWS admins to add one with this address."
    ),
    Reason.SEVERAL_PRINCIPALS: (
        "{whose} fits more than one user in IAM Identity Center. Ask your AWS admins to leave one."
    ),
    Reason.PRINCIPAL_DISABLED: "The user in IAM Identity Center is disabled. Ask your AWS admins to enable it.",
    Reason.IDENTITY_SUSPENDED: (
        "Your e-mail address now leads to another user in IAM Identity Center than before. The admins have "
        "been told; one of them has to release you."
    ),
    Reason.SECOND_ACCOUNT: (
        "Another chat account leads to you in IAM Identity Center too, and was there before this one. With this one "
        "you can ask for access, and nothing else until an admin releases it."
    ),
}
