"""The work that every forked bot finds done: its imports, the mapping of the tables, and AWS's models.

Nothing of it is ever collected, so the garbage collector of a fork leaves it alone: the first full collection would
otherwise touch every object there is, and with that copy every page of memory from the process that it was forked from.
"""

import gc
from functools import cache

import boto3.session
import botocore.hooks
import botocore.loaders
import botocore.session
import pytest  # noqa: F401 - a fork looks at the main module of the process that asks for it
from sqlalchemy.orm import configure_mappers

import bot.audit_commands
import bot.cli
import bot.commands
import bot.doctor.examine
import bot.identity_commands
import bot.serve  # noqa: F401
import tests.e2e.forked  # noqa: F401 - all of them for the forks

CLIENTS = ("sts", "identitystore", "organizations", "sso-admin", "iam")
"""The clients that a bot makes when it starts."""


def read_models_of_aws() -> None:
    """Keep what the SDK reads from files and looks up in signatures for a client: it is the same in every process."""
    loader = botocore.loaders.create_loader()
    botocore.session.create_loader = lambda search_path_string=None: loader  # noqa: ARG005 - called by the name, too
    botocore.hooks.accepts_kwargs = cache(botocore.hooks.accepts_kwargs)
    session = boto3.session.Session("none", "none", region_name="eu-central-1")
    for name in CLIENTS:
        session.client(name)  # type: ignore[call-overload]


read_models_of_aws()
configure_mappers()
gc.collect()
gc.freeze()
