"""Rich text: sections, lists, quotes and code, and what may stand inside them."""

from collections.abc import Mapping

from infra.sandbox.slack.blockkit.schema import Choice, Flag, Items, Number, Record, Rule, String, Typed

_STYLE = Record(
    {},
    {
        name: Flag()
        for name in (
            "bold",
            "italic",
            "strike",
            "code",
            "underline",
            "highlight",
            "client_highlight",
            "unlink",
        )
    },
)
_STYLED: Mapping[str, Rule] = {"style": _STYLE}

_INLINE = Typed(
    {
        "text": Record({"text": String(40_000)}, _STYLED),
        "link": Record({"url": String(3000)}, {**_STYLED, "text": String(40_000), "unsafe": Flag()}),
        "emoji": Record({"name": String(255)}, {**_STYLED, "unicode": String(255), "skin_tone": Number(1, 6)}),
        "user": Record({"user_id": String(255)}, _STYLED),
        "usergroup": Record({"usergroup_id": String(255)}, _STYLED),
        "channel": Record({"channel_id": String(255)}, _STYLED),
        "team": Record({"team_id": String(255)}, _STYLED),
        "broadcast": Record({"range": Choice(("here", "channel", "everyone"))}, _STYLED),
        "color": Record({"value": String(9)}, _STYLED),
        "date": Record(
            {"timestamp": Number(0, 10**11), "format": String(255)},
            {**_STYLED, "url": String(3000), "fallback": String(255)},
        ),
    }
)
_LINE = Items(_INLINE, 10_000, 0)
_BORDER = Number(0, 1)
_SECTION = Record({"elements": _LINE})

_PARTS = Typed(
    {
        "rich_text_section": _SECTION,
        "rich_text_preformatted": Record({"elements": _LINE}, {"border": _BORDER, "language": String(40)}),
        "rich_text_quote": Record({"elements": _LINE}, {"border": _BORDER}),
        "rich_text_list": Record(
            {
                "style": Choice(("bullet", "ordered")),
                "elements": Items(Typed({"rich_text_section": _SECTION}), 1000),
            },
            {"indent": Number(0, 8), "offset": Number(0, 10_000), "border": _BORDER},
        ),
    }
)

RICH_TEXT = Record({"elements": Items(_PARTS, 1000)}, {"block_id": String(255)})
