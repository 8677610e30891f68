"""Addresses that came from outside and may be called: Slack's own, or the very one that the Web API is at."""

from collections.abc import Collection
from urllib.parse import urlsplit

ANSWERS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
"""Hosts of response URLs."""
FILES = frozenset({"files.slack.com", "files.slack-gov.com"})
"""Hosts that files are uploaded to."""


def may_call(url: str, hosts: Collection[str], api_url: str) -> bool:
    """Anything else could be anybody's. A stand-in for the Web API is believed for its scheme, host and port alone."""
    try:
        parts, api = urlsplit(url), urlsplit(api_url)
        port, own = parts.port, (api.scheme, api.hostname, api.port)
    except ValueError:
        return False
    if parts.username or parts.password:
        return False
    if parts.scheme == "https" and parts.hostname in hosts:
        return port in {None, 443}
    return bool(parts.hostname) and (parts.scheme, parts.hostname, port) == own
