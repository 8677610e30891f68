"""How access that is active is used: the console in one click, and the lines for a terminal."""

from core.domain.request import Request
from handlers.screens.links import Links
from handlers.slack.views.text import code, code_block, link


def lines(request: Request, links: Links) -> list[str]:
    """The console in one click, and the lines for a terminal."""
    account, role = request.target.account, request.permission_set_name
    portal = link(links.console(request), "AWS access portal")
    where = f"In the browser: {portal}, account {code(account)}, role {code(role)}."
    profile = f"{role}-{account}"
    login = code_block(f"aws sso login --profile {profile}\naws sts get-caller-identity --profile {profile}")
    if links.portal and links.region:
        once = f"In a terminal, add this once to {code('~/.aws/config')}:"
        return [where, once, code_block(_profile(profile, request, links)), "Then:", login]
    return [
        where,
        f"In a terminal, once for account {code(account)} and role {code(role)}:",
        code_block(f"aws configure sso --profile {profile}"),
        "Then:",
        login,
    ]


def _profile(profile: str, request: Request, links: Links) -> str:
    """A profile of its own (AWS CLI user guide, configuring IAM Identity Center): it can be pasted as it is."""
    return (
        f"[profile {profile}]\n"
        f"sso_start_url = {links.portal}\n"
        f"sso_region = {links.region}\n"
        f"sso_account_id = {request.target.account}\n"
        f"sso_role_name = {request.permission_set_name}"
    )
