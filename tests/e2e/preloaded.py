"""The work that every forked bot finds done: its imports, and the mapping of the tables.

Nothing of it is ever collected, so the garbage collector of a fork leaves it alone: the first full collection would
otherwise touch every object there is, and with that copy every page of memory from the process that it was forked from.
"""

import gc

import pytest  # noqa: F401 - a fork looks at the main module of the process that asks for it
from sqlalchemy.orm import configure_mappers

import bot.audit_commands
import bot.cli
import bot.commands
import bot.doctor.examine
import bot.identity_commands
import bot.serve  # noqa: F401
import tests.e2e.forked  # noqa: F401 - all of them for the forks

configure_mappers()
gc.freeze()
