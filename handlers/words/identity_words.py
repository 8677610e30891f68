"""The reasons why somebody cannot act here, each in its own words (rule 1)."""

from collections.abc import Mapping

from core.domain.errors import Reason

REFUSALS: Mapping[Reason, str] = {
    Reason.BOT: "Bots can't use TEAM Bot. Use a person's account.",
    Reason.GUEST: "Guests can't use TEAM Bot. Ask the admins of your chat to make you a full member.",
    Reason.ANONYMOUS: "You need an account to use TEAM Bot. Sign in, then try again.",
    Reason.STRANGER: "People from other organizations can't use TEAM Bot, even in shared channels.",
    Reason.OTHER_WORKSPACE: (
        "This account belongs to another workspace. Use TEAM Bot from the workspace where it is installed."
    ),
    Reason.OTHER_TENANT: (
        "This account belongs to another organization. Ask from your account in the one that uses TEAM Bot."
    ),
    Reason.DEACTIVATED: "This chat account is deactivated. Ask the admins of your chat.",
    Reason.NO_EMAIL: (
        "Your chat profile shows no e-mail address, so you cannot be found in IAM Identity Center. Add one."
    ),
    Reason.EMAIL_UNCONFIRMED: (
        "The e-mail address in your chat profile isn't confirmed. Confirm it there, then try again. If you sign in by "
        "single sign-on and can't, the operators of TEAM Bot can set TEAMBOT_SLACK_EMAIL=directory."
    ),
    Reason.NO_USER_PRINCIPAL_NAME: (
        "Teams does not say what you sign in with, so you cannot be found in IAM Identity Center. Try again in a "
        "minute; if it stays like this, tell the admins of TEAM Bot."
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
        "{whose} matches more than one user in IAM Identity Center. Ask your AWS admins to remove the duplicate."
    ),
    Reason.PRINCIPAL_DISABLED: "The user in IAM Identity Center is disabled. Ask your AWS admins to enable it.",
    Reason.IDENTITY_SUSPENDED: (
        "Your e-mail address now leads to a different user in IAM Identity Center. The admins have "
        "been told; one of them has to release you."
    ),
    Reason.SECOND_ACCOUNT: (
        "Another chat account already leads to you in IAM Identity Center. With this one you can only ask for access "
        "until an admin releases it."
    ),
}
