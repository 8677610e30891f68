"""The report in words, as charts and as a page: what people wrote stays text, and long lists stay readable."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

from core.domain.figures import Approved, Count, Figures, PastRequest, access_of
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId, RequestId
from core.domain.organization import Target
from core.domain.period import Period
from core.domain.request import Status
from handlers.report import report_charts, report_page
from handlers.screens import report
from handlers.slack.drawing.render import render_view
from handlers.words import report_words
from tests.strategies import NOW

HOSTILE = "<script>alert('x')</script>\n\u202e\ud83d"
PAST = PastRequest(
    id=RequestId(1001),
    asked_at=NOW - timedelta(hours=3),
    status=Status.ACTIVE,
    requester=PrincipalId("ada"),
    requester_name=HOSTILE,
    target=Target(AccountId("111122223333"), PermissionSetArn("arn")),
    account_name='Payments" onload="x',
    permission_set_name="PowerUserAccess",
    needs_approval=True,
    decided_at=NOW - timedelta(hours=2),
    active_from=NOW - timedelta(hours=2),
    end_at=NOW + timedelta(hours=2),
    approvals=(Approved(PrincipalId("bob"), "Bob", NOW - timedelta(hours=2)),),
)


def figures(people: int = 1) -> Figures:
    count = Count(Period.before(NOW, 30), NOW)
    everybody = [
        replace(PAST, id=RequestId(1001 + n), requester=PrincipalId(f"p{n}"), requester_name=PAST.requester_name * 9)
        for n in range(people)
    ]
    for past in everybody:
        count.add(past)
    return count.figures(access_of(past, timedelta(hours=2)) for past in everybody)


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def page(told: Figures) -> str:
    drawn = report_charts.charts(told)
    return report_page.build(told, drawn, ["<svg/>" for _ in drawn])


def test_the_page_runs_nothing_and_loads_nothing() -> None:
    tags = Tags(page(figures())).found
    assert {tag for tag, _ in tags}.isdisjoint({"script", "link", "iframe", "object"})
    for tag, attributes in tags:
        assert not {name for name in attributes if name.startswith("on")}
        assert "http" not in str(attributes.get("src")) + str(attributes.get("href"))
        if tag == "img":
            assert str(attributes["src"]).startswith("data:image/svg+xml;base64,")
            assert attributes["alt"]
    assert ("meta", {"http-equiv": "Content-Security-Policy", "content": report_page._POLICY}) in tags


def test_the_page_has_a_table_beside_every_chart_and_can_be_written() -> None:
    tags = [tag for tag, _ in Tags(page(figures())).found]
    assert tags.count("img") == len(report_charts.charts(figures()))
    assert tags.count("table") >= 6
    assert page(figures()).encode("utf-8", "xmlcharrefreplace")


def test_an_empty_period_has_a_page_too() -> None:
    empty = Count(Period.before(NOW, 30), NOW).figures()
    assert "Nothing." in page(empty)
    assert report_charts.alt(empty).startswith("Access report, ")


def test_a_ranking_is_short_and_tells_of_the_rest() -> None:
    people = report_charts.charts(figures(40))[3]
    assert people.labels[-1] == f"{40 - report_charts.SHOWN} others"
    assert sum(sum(series.values) for series in people.series) == 40
    assert all(len(label) <= report_charts.LONGEST_LABEL for label in people.labels)


def test_labels_are_one_line_of_what_can_be_seen() -> None:
    for label in report_charts.charts(figures())[3].labels:
        assert re.search(r"[\n\u202e\ud83d]", label) is None
    assert report_charts.label("\u200b\n") == "?"


def test_the_alternative_text_fits_and_has_the_figures() -> None:
    alt = report_charts.alt(figures(40))
    assert len(alt) <= report_charts.LONGEST_ALT
    for label, value in report_words.facts(figures(40)):
        assert f"{label}: {value}" in alt


def test_short_times_are_told_in_seconds() -> None:
    assert [report_words.length(timedelta(seconds=n)) for n in (0, 9, 59, 60)] == ["0 s", "9 s", "59 s", "1 min"]


def test_the_screen_has_everything_and_fits_at_its_worst() -> None:
    shown = render_view(report.build(figures(400), "2026-01-31 2026-03-01"))
    text = json.dumps(shown, ensure_ascii=False)
    assert "Send charts" in text
    assert "and 395 more" in text
    assert "<script>" not in text
    assert len(text) < 40_000
    for each in shown["blocks"]:
        assert len(each.get("text", {}).get("text", "")) <= 3000


def test_an_empty_period_has_a_screen_too() -> None:
    empty = Count(Period.before(NOW, 30), NOW).figures()
    assert "Requests: 0" in json.dumps(render_view(report.build(empty, "2026-01-31 2026-03-01")))
