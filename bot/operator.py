"""The operator in the audit trail: the user of the operating system, which nobody sets by an environment."""

import getpass
import os
import pwd

_LONGEST = 64


def operator_name() -> str:
    """``operator root``; where the environment calls the user otherwise, that stands beside it."""
    user = os.getuid()
    try:
        known = pwd.getpwuid(user).pw_name
    except KeyError:  # a container that runs under a number alone
        known = f"uid {user}"
    try:
        said = "".join(c for c in getpass.getuser() if c.isprintable())[:_LONGEST]
    except (KeyError, OSError):
        said = known
    return f"operator {known}" if said in {"", known} else f"operator {known} (calls itself {said})"
