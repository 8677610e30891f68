"""Tables, whose first row names the columns."""

from markupsafe import Markup

from infra.sandbox.slack.model import Json
from infra.sandbox.window.drawing.reader import Reader
from infra.sandbox.window.drawing.rich_text import draw_rich_text
from infra.sandbox.window.drawing.tags import EMPTY, tag, together


def draw_table(block: Json, reader: Reader) -> Markup:
    """`table` and `data_table`; the latter has a caption and may name a column that heads each row."""
    first, *others = block["rows"]
    columns = block.get("column_settings") or []
    heading = block.get("row_header_column_index")
    head = [tag("th", _cell(cell, reader), scope="col", class_=_align(columns, i)) for i, cell in enumerate(first)]
    body = []
    for row in others:
        cells = [
            tag("th", _cell(cell, reader), scope="row")
            if index == heading
            else tag("td", _cell(cell, reader), class_=_align(columns, index))
            for index, cell in enumerate(row)
        ]
        body.append(tag("tr", *cells))
    caption = tag("caption", block["caption"]) if block.get("caption") else EMPTY
    table = tag("table", caption, tag("thead", tag("tr", *head)), tag("tbody", *body))
    return tag("div", table, class_="table", role="region", aria_label=block.get("caption") or "Table", tabindex="0")


def _cell(cell: Json, reader: Reader) -> Markup:
    if cell["type"] == "rich_text":
        return draw_rich_text(cell, reader)
    return together(str(cell.get("text") or cell.get("value") or ""))


def _align(columns: list[Json], index: int) -> str | None:
    align = columns[index].get("align") if index < len(columns) else None
    return f"to-{align}" if align in ("center", "right") else None
