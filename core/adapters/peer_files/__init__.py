"""Files that other tools for temporary access export: read, told apart, and reduced to what matters here.

Attributes that are not asked for, tokens among them, are dropped where the file is read; an error names a file, a row
and an attribute, and repeats no value.
"""

from core.adapters.peer_files.elevator import read_statements
from core.adapters.peer_files.team import read_tables

__all__ = ["read_statements", "read_tables"]
