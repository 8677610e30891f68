"""Instructions for using active access: the console in one click, and the lines for a terminal."""

from core.domain.request import Request
from handlers.screens.links import Links
from handlers.screens.spans import Code, Link, Preformatted, Text, text


def lines(request: Request, links: Links) -> list[Text]:
    """The console in one click, and the lines for a terminal."""
    if request.target.group is not None:
        return [_of_group(request, links)]
    account, role = request.target.account, request.permission_set_name
    portal = Link(links.console(request), "AWS access portal")
    where = text("In the browser: ", portal, ", account ", Code(account), ", role ", Code(role), ".")
    profile = f"{role}-{account}"
    login = f"aws sso login --profile {profile}\naws sts get-caller-identity --profile {profile}"
    if links.portal and links.region:
        once = text("In a terminal, add this once to ", Code("~/.aws/config"), ":")
        set_up = _profile(profile, request, links)
    else:
        once = text("In a terminal, once for account ", Code(account), " and role ", Code(role), ":")
        set_up = f"aws configure sso --profile {profile}"
    return [where, once, text(Preformatted(set_up)), text("Then:"), text(Preformatted(login))]


def _of_group(request: Request, links: Links) -> Text:
    portal = Link(links.console(request), "AWS access portal")
    return text(
        "What the group gives shows in the ", portal, ". AWS may take up to an hour to notice that you have joined: if "
        "something is missing, sign out there and in again later.",
    )  # fmt: skip


def _profile(profile: str, request: Request, links: Links) -> str:
    """A profile of its own (AWS CLI user guide, configuring IAM Identity Center): it can be pasted as it is."""
    return (
        f"[profile {profile}]\n"
        f"sso_start_url = {links.portal}\n"
        f"sso_region = {links.region}\n"
        f"sso_account_id = {request.target.account}\n"
        f"sso_role_name = {request.permission_set_name}"
    )
