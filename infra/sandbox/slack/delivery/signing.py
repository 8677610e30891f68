"""Slack's request signature, right ones and every wrong kind a test could want."""

import hashlib
import hmac
import time

Headers = dict[str, str]
FORM = "application/x-www-form-urlencoded"
STALE_SECONDS = 301


def signature(secret: str, timestamp: str, body: str) -> str:
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256)
    return f"v0={digest.hexdigest()}"


def signed(secret: str, body: str, *, timestamp: str | None = None, content_type: str = FORM) -> Headers:
    """The headers of an honest request; signatures live in real time, whatever clock the workspace has."""
    at = str(int(time.time())) if timestamp is None else timestamp
    return {
        "Content-Type": content_type,
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature(secret, at, body),
    }


def wrongly_signed(secret: str, body: str, *, content_type: str = FORM) -> Headers:
    return signed(f"not {secret}", body, content_type=content_type)


def stale(secret: str, body: str, *, seconds: int = STALE_SECONDS, content_type: str = FORM) -> Headers:
    """Rightly signed, too long ago."""
    return signed(secret, body, timestamp=str(int(time.time()) - seconds), content_type=content_type)


def with_words_for_time(secret: str, body: str, *, content_type: str = FORM) -> Headers:
    """Rightly signed over a timestamp that is no number."""
    return signed(secret, body, timestamp="yesterday", content_type=content_type)


def unsigned(body: str, *, content_type: str = FORM) -> Headers:
    del body
    return {"Content-Type": content_type}
