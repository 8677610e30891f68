"""Asks the process in this container whether it answers: exit code 0, or 1 and why. Standard library alone."""

import os
import sys
import urllib.error
import urllib.request


def main() -> int:
    """``/healthz`` says that the process answers; whether it may be sent work is for ``/readyz``."""
    url = f"http://127.0.0.1:{os.environ.get('TEAMBOT_PORT', '3000')}/healthz"
    try:
        with urllib.request.urlopen(url, timeout=4):
            return 0
    except (urllib.error.URLError, OSError) as error:
        sys.stderr.write(f"{url}: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
