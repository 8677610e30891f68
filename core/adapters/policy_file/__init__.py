"""Policies and settings as code: a YAML file becomes a policy book, and a book becomes such a file again.

``read`` finds what is wrong with a text by itself, ``wanted`` says which names somebody must look up, and
``resolve`` puts ids in the place of names. The caller looks up; nothing here talks to anybody.
"""

from core.adapters.policy_file.names import FileNames, NamesToResolve, wanted
from core.adapters.policy_file.reading import Document, read
from core.adapters.policy_file.resolving import check, resolve
from core.adapters.policy_file.writing import write

__all__ = ["Document", "FileNames", "NamesToResolve", "check", "read", "resolve", "wanted", "write"]
