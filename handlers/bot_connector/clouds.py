"""The clouds that Microsoft runs Teams in, and which addresses that came from outside may be called there.

Sources: learn.microsoft.com, "Connect a bot to the Teams cloud environments" and "Authentication with the Bot
Connector API"; for 21Vianet, "Deploy a bot in Azure operated by 21Vianet".
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Cloud:
    """The addresses of one Microsoft cloud. A host that begins with a dot means every host below it."""

    login: str
    """The address for tokens; the tenant follows."""
    scope: str
    """The scope of the app's tokens."""
    issuer: str
    """The issuer of the tokens that Teams sends."""
    keys: str
    """OpenID metadata that lead to the keys of that issuer."""
    service: str
    """The service URL for a new conversation while none has been learnt; empty where Microsoft names none."""
    services: frozenset[str]
    """Hosts of service URLs."""
    files: frozenset[str]
    """Hosts that files are uploaded to."""
    web: str
    """Host of links that open Teams."""
    local: str = ""
    """The address of a stand-in on this machine: it may be called for anything."""

    def is_service(self, url: str) -> bool:
        """True if a token of the app may be sent there."""
        return "?" not in url and _may_call(url, self.services, self.local)

    def is_file(self, url: str) -> bool:
        """True if a file may be uploaded there."""
        return _may_call(url, self.files, self.local)


_AZURE_US = Cloud(
    login="https://login.microsoftonline.us",
    scope="https://api.botframework.us/.default",
    issuer="https://api.botframework.us",
    keys="https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
    service="https://smba.infra.gov.teams.microsoft.us/teams/",
    services=frozenset({".teams.microsoft.us"}),
    files=frozenset({".sharepoint.us"}),
    web="gov.teams.microsoft.us",
)

CLOUDS = {
    "public": Cloud(
        login="https://login.microsoftonline.com",
        scope="https://api.botframework.com/.default",
        issuer="https://api.botframework.com",
        keys="https://login.botframework.com/v1/.well-known/openidconfiguration",
        service="https://smba.trafficmanager.net/teams/",
        services=frozenset({"smba.trafficmanager.net", ".teams.microsoft.com"}),
        files=frozenset({".sharepoint.com"}),
        web="teams.microsoft.com",
    ),
    "usgov": _AZURE_US,
    "usgov-dod": replace(
        _AZURE_US,
        service="https://smba.infra.dod.teams.microsoft.us/teams/",
        files=frozenset({".sharepoint-mil.us"}),
        web="dod.teams.microsoft.us",
    ),
    "china": Cloud(
        login="https://login.partner.microsoftonline.cn",
        scope="https://api.botframework.azure.cn/.default",
        issuer="https://api.botframework.azure.cn",
        keys="https://login.botframework.azure.cn/v1/.well-known/openidconfiguration",
        service="",
        services=frozenset({".teams.microsoftonline.cn", ".botframework.azure.cn"}),
        files=frozenset({".sharepoint.cn"}),
        web="teams.microsoftonline.cn",
    ),
}
"""By the values of ``TEAMBOT_TEAMS_CLOUD``."""


def _may_call(url: str, hosts: Collection[str], local: str) -> bool:
    """Anything else could be anybody's. A stand-in is believed for its scheme, host and port, on this machine alone."""
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in "\\# "):
        return False  # libraries read such addresses differently
    try:
        parts, own = urlsplit(url), urlsplit(local)
        port, own_port = parts.port, own.port
    except ValueError:
        return False
    host = parts.hostname or ""
    if not host or parts.username or parts.password:
        return False
    if host in LOCAL and own.hostname == host:
        return (parts.scheme, port) == (own.scheme, own_port)
    return parts.scheme == "https" and port in {None, 443} and any(_is_of(host, each) for each in hosts)


def _is_of(host: str, known: str) -> bool:
    return host.endswith(known) if known.startswith(".") else host == known
