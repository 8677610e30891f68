"""The report as one HTML file: charts with the tables behind them. It loads nothing, and runs nothing."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import date
from html import escape

from core.domain.figures import Access, Figures, Share
from core.domain.ids import show_request_id
from core.ports import Chart
from handlers.words import report_words

_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1f2933; background: #f5f7fa; margin: 0; }
main { max-width: 1240px; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 0 0 .75rem; }
p.quiet, td.quiet { color: #52606d; }
p.quiet { margin: 0 0 1.5rem; }
section { background: #fff; border: 1px solid #e4e7eb; border-radius: 10px; padding: 1.25rem 1.5rem; }
section + section { margin-top: 1.25rem; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 1.1rem 1.5rem; margin: 0; }
dt { color: #52606d; font-size: .9rem; }
dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 1.5rem; align-items: start; }
.beside > * { min-width: 0; }
img { max-width: 100%; height: auto; }
.wide { overflow: auto; max-height: 25rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th { text-align: left; color: #52606d; font-weight: 600; border-bottom: 2px solid #e4e7eb; }
th, td { padding: .35rem .75rem .35rem 0; vertical-align: top; overflow-wrap: break-word; }
thead th { position: sticky; top: 0; background: #fff; vertical-align: bottom; }
td:last-child:not(.number) { min-width: 6.5rem; }
td { border-bottom: 1px solid #f0f2f5; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
@media (max-width: 520px) { .beside { grid-template-columns: 1fr; } section { padding: 1rem; } }
@media print { body { background: #fff; } .wide { max-height: none; } section { break-inside: avoid; } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_UNBROKEN = "\N{NON-BREAKING HYPHEN}"
"""A date is not cut in two."""
Cells = Sequence[object]


def build(figures: Figures, charts: Sequence[Chart], drawings: Sequence[str]) -> str:
    """Make the page of ``report_charts.charts`` and an SVG for each of them."""
    title = escape(report_words.title(figures))
    pictures = [_picture(chart, drawing) for chart, drawing in zip(charts, drawings, strict=True)]
    made = f"{figures.made_at:%Y-%m-%d %H:%M} UTC"
    sections = "".join(_section(*part) for part in _parts(figures, charts, pictures))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        f'<p class="quiet">Made on {made}. Days are days in UTC; a request belongs to the '
        "day on which it was asked for.</p>\n"
        f"<section><dl>{_facts(figures)}</dl></section>\n{sections}</main>\n</body>\n</html>\n"
    )


def _parts(figures: Figures, charts: Sequence[Chart], pictures: Sequence[str]) -> Iterable[tuple[str, str, str]]:
    over_time, accounts, sets, people, approvals, longest, live, live_people = pictures
    step = report_words.STEPS[figures.period.step].capitalize()
    names = list(report_words.DECISIONS.items())
    bars = [
        (_day(each.begins), each.asked, *(each.decisions.get(decision, 0) for decision, _ in names))
        for each in figures.over_time
        if each.asked
    ]
    yield charts[0].title, over_time, _table([step, "Requests", *(name for _, name in names)], bars)
    yield charts[1].title, accounts, _shares("Account", figures.accounts, ids=True)
    yield charts[2].title, sets, _shares("Permission set", figures.permission_sets)
    yield charts[3].title, people, _shares("Person", figures.people)
    pairs = [(pair.requester_name, pair.approver_name, pair.requests) for pair in figures.pairs]
    always = _table(["Requester", "Always approved by", "Requests"], pairs)
    yield charts[4].title, approvals, f'<p class="quiet">{escape(report_words.PAIRS_EXPLAINED)}</p>{always}'
    yield charts[5].title, longest, _accesses(figures.longest)
    yield "Who has access now", live + live_people, _accesses(figures.held)


def _day(day: date) -> str:
    return day.isoformat().replace("-", _UNBROKEN)


def _facts(figures: Figures) -> str:
    return "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>" for label, value in report_words.facts(figures)
    )


def _section(title: str, picture: str, table: str) -> str:
    beside = f'<div>{picture}</div><div class="wide">{table}</div>'
    return f'<section><h2>{escape(title)}</h2><div class="beside">{beside}</div></section>\n'


def _picture(chart: Chart, drawing: str) -> str:
    if not chart.labels:
        return ""
    encoded = b64encode(drawing.encode()).decode()
    return f'<img alt="{escape(chart.alt)}" src="data:image/svg+xml;base64,{encoded}">'


def _shares(what: str, shares: Sequence[Share], *, ids: bool = False) -> str:
    rows = [
        (f"{share.name} ({share.id})" if ids else share.name, share.asked, share.granted, share.unused, _time(share))
        for share in shares
    ]
    return _table([what, "Requests", "Granted", "Never used", "Time"], rows)


def _time(share: Share) -> str:
    return report_words.length(share.time) if share.time else ""


def _accesses(accesses: Sequence[Access]) -> str:
    rows = [
        (
            show_request_id(each.request_id),
            f"{each.account_name} ({each.target.account})",
            each.requester_name,
            each.permission_set_name,
            report_words.lasts(each),
        )
        for each in accesses
    ]
    return _table(["Request", "Account", "Person", "Permission set", "How long"], rows)


def _table(heading: Sequence[str], rows: Sequence[Cells]) -> str:
    if not rows:
        return '<p class="quiet">Nothing.</p>'
    numeric = [isinstance(cell, int) for cell in rows[0]]
    head = "".join(_cell("th", name, number=is_number) for name, is_number in zip(heading, numeric, strict=True))
    body = "".join(
        f"<tr>{''.join(_cell('td', cell, number=isinstance(cell, int)) for cell in row)}</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(tag: str, content: object, *, number: bool) -> str:
    scope, kind = ' scope="col"' if tag == "th" else "", ' class="number"' if number else ""
    return f"<{tag}{scope}{kind}>{escape(str(content))}</{tag}>"
