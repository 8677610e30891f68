"""The policy file that a command is given: a path, or the file itself where a process has no files of its own.

A task of ECS has neither a file nor an input of the caller's. There FILE is a ``data:`` URL (RFC 2397), as it is or
compressed: ``data:application/gzip;base64,…``.
"""

import zlib
from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from core.adapters.policy_file.tree import LARGEST_FILE
from core.domain.errors import InvalidPolicies, Problem

WRITTEN_OUT = "the file given"
"""The name of a file that came as a ``data:`` URL."""
_PLAIN, _GZIP = "data:application/yaml;base64,", "data:application/gzip;base64,"
_WITH_GZIP_HEADER = zlib.MAX_WBITS | 16


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """``name`` as people read it; ``content`` as it was stored."""

    name: str
    content: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The file as text; InvalidPolicies where it is none."""
        try:
            return self.content.decode()
        except UnicodeDecodeError as error:
            raise InvalidPolicies([Problem(0, f"{self.name} is not UTF-8 text: save it as that")]) from error


class PolicyFileType(click.ParamType[PolicyFile]):
    """FILE on the command line."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> PolicyFile:
        if isinstance(value, PolicyFile):
            return value
        if str(value).startswith("data:"):
            try:
                return PolicyFile(WRITTEN_OUT, _decoded(str(value)))
            except (ValueError, zlib.error):
                self.fail(f"a data: URL has the whole file, in base64, behind {_GZIP} or {_PLAIN}", param, ctx)
        path = click.Path(exists=True, dir_okay=False, path_type=Path).convert(value, param, ctx)
        try:
            return PolicyFile(Path(path).name, Path(path).read_bytes())
        except OSError as error:
            self.fail(f"{path} cannot be read: {error.strerror}.", param, ctx)


def _decoded(url: str) -> bytes:
    """The file in a URL, no more of it than a policy file may have and a byte. ValueError, zlib.error."""
    if url.startswith(_PLAIN):
        return b64decode(url.removeprefix(_PLAIN), validate=True)
    if not url.startswith(_GZIP):
        raise ValueError(url)
    unpacking = zlib.decompressobj(_WITH_GZIP_HEADER)
    content = unpacking.decompress(b64decode(url.removeprefix(_GZIP), validate=True), LARGEST_FILE + 1)
    if not unpacking.eof and len(content) <= LARGEST_FILE:
        raise ValueError("it is cut off")
    return content
