"""The only maker of Teams' markdown from variables: whatever was written elsewhere is shown as it is, never as markup.

Teams' clients read markdown each in their own way. The one for phones shows the backslash of an escape and reads a
link behind it all the same (microsoft/AdaptiveCards, MarkDownBlockParser.cpp), so nothing is escaped by a backslash:
a sign that would format is replaced by one that looks the same, and what only formats beside another sign is parted
from it by a sign without width. Both are the same to the eye in every client.
"""

import re
import unicodedata

from handlers.screens.clean import clean, cut
from handlers.screens.plain_text import LONGEST

NAME = 120
"""Longest name shown in a line, in characters."""
JOINER = "\u2060"
"""Has no width, and is neither a space nor a punctuation mark to any reader of markdown."""

_LOOKALIKES = str.maketrans({"*": "∗", "`": "ˋ"})
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_STRIKE = re.compile(r"~(?=~)|(?<=∼)~")
_PARTED = re.compile(
    r"(?<=\\)(?=[^\w\s]|$)"  # an escape, a hard line break
    r"|(?<=\])(?=[(\[:]|$)"  # a link, a definition of one
    r"|(?<=<)(?=[\w/!?@]|$)"  # a mention, a tag, an address in angle brackets
    r"|(?<=&)(?=[#\w]|$)"  # an entity
    r"|(?<=\{)(?=\{|$)"  # a date function
    r"|(?<=:)(?=//)|(?<=[Ww]{3})(?=\.)"  # an address
    r"|(?<=[)\]])(?=[-\d])"  # a list, which the client for phones begins here
)
_BLOCK = re.compile(r"[-+=#>\u00a0]|\d+[.)]")
"""The beginnings that turn a line into a list entry, a heading, a quotation, a rule or an indentation."""
_SPACES = re.compile(r"(?<= ) |^ ", re.MULTILINE)


def tame(text: str) -> str:
    """Words with nothing in them that Teams would format; line breaks stay."""
    without = _EDGE_UNDERSCORE.sub("ˍ", text.translate(_LOOKALIKES))
    return _PARTED.sub(JOINER, _STRIKE.sub("∼", without))


def prose(text: str, limit: int = LONGEST) -> str:
    """A name or sentence of somebody else's inside a line. ``limit`` in characters of the text."""
    return tame(cut(clean(text), limit))


def quote(text: str) -> str:
    """A person's text as typed, in full: line breaks and indentation are kept, and nothing is formatted."""
    return paragraphs(_SPACES.sub("\u00a0", tame(clean(text, lines=True))))


def paragraphs(markdown: str) -> str:
    """Lines as Teams breaks them: by an empty one (Microsoft Teams, format cards), each only a line."""
    return "\n\n".join(_line(line) for line in markdown.split("\n"))


def bold(markdown: str) -> str:
    return _around("**", markdown)


def italic(markdown: str) -> str:
    return _around("_", markdown)


def link(url: str, label: str) -> str:
    """A link to an address that this program made; the bare label when there is none."""
    shown = prose(label)
    if not url.startswith(("https://", "http://")) or re.search(r"[\s<>\\]", url):
        return shown
    target = url.replace("(", "%28").replace(")", "%29").replace("*", "%2A").replace("{", "%7B")
    return f"[{shown.replace('[', '［').replace(']', '］')}]({target})"


def _line(line: str) -> str:
    if not line.strip():
        return "\u00a0"
    return JOINER + line if _BLOCK.match(line) else line


def _around(sign: str, inner: str) -> str:
    """Around a punctuation mark the sign would be one itself (CommonMark, 6.2): it is parted from it."""
    if not inner:
        return ""
    before, after = (JOINER if _is_mark(edge) else "" for edge in (inner[0], inner[-1]))
    return f"{sign}{before}{inner}{after}{sign}"


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"
