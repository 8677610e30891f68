"""The secrets of the tests, by which it shows when one of them is written anywhere: each is like nothing else.

Whatever a test lets be written is looked through when it ends (``tests/conftest.py``), and of a play the whole log of
the process and every word of its commands (``tests/e2e/play.py``).
"""

from infra.sandbox.aws.callers import SECRET_KEY, SESSION_TOKEN
from infra.sandbox.stage import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET

SECRETS = (BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, SECRET_KEY, SESSION_TOKEN)


def secrets_in(text: str) -> list[str]:
    """Those of them that stand in a text."""
    return [secret for secret in SECRETS if secret in text]
