"""Addresses that a screen may link to, as the platform of its reader made them."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from core.domain.request import Request

_ROLE = re.compile(r"[\w+=,.@-]{1,32}", re.ASCII)
"""Names of permission sets as Identity Center takes them; what is none goes into no address."""


@dataclass(frozen=True, slots=True)
class Links:
    """Empty when unknown. ``card``: where the reader finds the request."""

    card: str = ""
    home: str = ""
    """The Home of the bot."""
    portal: str = ""
    """AWS access portal."""
    region: str = ""
    """The Region of IAM Identity Center."""

    @property
    def request(self) -> str:
        return self.card or self.home

    def console(self, request: Request) -> str:
        """Opens the console with the access of a request (IAM Identity Center user guide, shortcut links)."""
        role = request.permission_set_name
        if request.target.group is not None:  # nobody knows what it gives: the portal lists it
            return self.portal
        if not self.portal or not _ROLE.fullmatch(role):
            return ""
        where = urlencode({"account_id": request.target.account, "role_name": role})
        return f"{self.portal.rstrip('/')}/#/console?{where}"
