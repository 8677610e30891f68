"""The doctor's line about the HTTP API: where it is, and whose address its limits count by."""

from collections.abc import Iterator

from bot.doctor.line import DoctorLine
from bot.settings import ProcessSettings

_SHARED = (
    "at {url}; TEAMBOT_TRUSTED_PROXIES is 0, and whatever ends TLS there is a proxy: all callers share its address, "
    "and one of them can keep the others waiting. Set it to the number of proxies in front"
)


def api_lines(settings: ProcessSettings) -> Iterator[DoctorLine]:
    """Nothing where it is off. The process speaks no TLS itself."""
    url, proxies = settings.api_url, settings.trusted_proxies
    if not url:
        return
    if url.startswith("https:") and not proxies:
        yield DoctorLine("HTTP API", ok=True, detail=_SHARED.format(url=url), warns=True)
    else:
        yield DoctorLine("HTTP API", ok=True, detail=f"at {url}, trusted proxies in front: {proxies}")
