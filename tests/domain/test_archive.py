"""The archive: which file is of which day, what its lines are, and whether its files are of this trail."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.archive import ArchiveFile, behind, file_of, folder_of
from core.domain.audit import Anchor, AuditEvent, Sealed, moment_of, seal
from core.domain.audit_format import COLUMNS, AuditLines, AuditLineStyle, plain
from core.domain.branches import REJOINED, Branches, days
from core.domain.request import Actor
from tests.strategies import NOW, Trail, trails

DAY = date(2026, 3, 2)
KEY = "audit/year=2026/month=03/day=02/audit-2026-03-02.jsonl.gz"
WRITTEN = {"first-seq": "4", "last-seq": "9", "last-hash": "beef"}
STYLES = tuple(AuditLineStyle)


def archived(end: Anchor, day: date = DAY, first: int = 1) -> ArchiveFile:
    return ArchiveFile(f"{day}", day, first, end)


def happened(action: str, chain: list[Sealed], **facts: object) -> Sealed:
    end = Anchor(chain[-1].seq, chain[-1].hash) if chain else Anchor(0, "")
    event = seal(end, AuditEvent(action, NOW, Actor("Ann"), None, 1, facts))
    chain.append(event)
    return event


def test_a_day_has_its_folder_and_what_is_behind_it_comes_before_the_next_day() -> None:
    assert folder_of("audit/", DAY) == "audit/year=2026/month=03/day=02/"
    assert KEY < behind("audit/", DAY) < folder_of("audit/", DAY + timedelta(days=1))
    assert behind("audit/", None) == ""


def test_a_file_is_known_by_its_day_and_by_what_it_was_written_with() -> None:
    assert file_of(KEY, WRITTEN) == ArchiveFile(KEY, DAY, 4, Anchor(9, "beef"))


@pytest.mark.parametrize(
    ("key", "facts"),
    [
        ("audit/report.txt", WRITTEN),
        ("audit/audit-2026-13-40.jsonl.gz", WRITTEN),
        (f"{KEY}.old", WRITTEN),
        (KEY, {}),
        (KEY, {**WRITTEN, "first-seq": "-4"}),
        (KEY, {**WRITTEN, "first-seq": "four"}),
        (KEY, {**WRITTEN, "last-seq": "٩"}),
        (KEY, {**WRITTEN, "last-seq": "9" * 19}),
    ],
)
def test_a_file_that_is_none_of_ours_is_none(key: str, facts: dict[str, str]) -> None:
    assert file_of(key, facts) is None


def test_the_largest_number_of_an_event_can_be_read() -> None:
    found = file_of(KEY, {**WRITTEN, "last-seq": "9" * 18})

    assert found is not None
    assert found.end.seq == int("9" * 18)


@given(trails())
def test_a_file_that_ends_with_an_event_of_the_trail_agrees(trail: Trail) -> None:
    files = [archived(Anchor(event.seq, event.hash)) for event in trail.chain]
    branches = Branches(files)
    for event in trail.chain:
        branches.step(event)

    compared = branches.compare()

    assert (compared.agreeing, compared.cut_off, compared.unexplained) == (len(files), (), ())


def test_a_file_of_another_history_is_unexplained_until_an_operator_has_said_where_it_was_cut_off() -> None:
    chain: list[Sealed] = []
    happened("request.submitted", chain)
    strange = archived(Anchor(2, "of another history"), first=2)
    before = Branches([strange, archived(Anchor(chain[0].seq, chain[0].hash))])
    before.step(chain[0])
    happened(REJOINED, chain, last_in_both="1:abc", archive_day=DAY.isoformat())
    after = Branches([strange])
    for event in chain:
        after.step(event)

    assert (before.compare().agreeing, before.compare().unexplained) == (1, (strange,))
    assert (after.compare().cut_off, after.compare().unexplained) == ((strange,), ())


@pytest.mark.parametrize(
    ("file", "is_explained"),
    [
        (archived(Anchor(7, "x"), DAY, first=2), True),
        (archived(Anchor(7, "x"), DAY - timedelta(days=1), first=2), True),
        (archived(Anchor(7, "x"), DAY + timedelta(days=1), first=2), False),
        (archived(Anchor(7, "x"), DAY, first=1), False),
    ],
)
def test_only_what_the_archive_had_by_then_and_the_trail_had_not_was_cut_off(
    file: ArchiveFile, *, is_explained: bool
) -> None:
    chain: list[Sealed] = []
    branches = Branches([file])
    branches.step(happened(REJOINED, chain, last_in_both="1:abc", archive_day=DAY.isoformat()))

    assert bool(branches.compare().cut_off) is is_explained


def test_an_event_that_only_quotes_the_word_explains_nothing() -> None:
    chain: list[Sealed] = []
    branches = Branches([archived(Anchor(7, "x"), first=2)])
    branches.step(happened("request.submitted", chain, why=f"see {REJOINED}"))

    assert len(branches.compare().unexplained) == 1


@pytest.mark.parametrize(
    ("files", "upto", "missing"),
    [
        ([(1, 2), (3, 4)], 4, ()),
        ([(3, 4)], 4, ()),  # a lifecycle rule let go of the first
        ([(1, 2), (5, 6)], 6, ((3, 4),)),
        ([(1, 2), (3, 4)], 6, ((5, 6),)),
        ([], 2, ((1, 2),)),
        ([(1, 2), (1, 6)], 6, ()),  # behind a restore that the archive knew more of
    ],
)
def test_events_that_were_archived_and_are_in_no_file_are_missing(
    files: list[tuple[int, int]], upto: int, missing: tuple[tuple[int, int], ...]
) -> None:
    chain: list[Sealed] = []
    for _ in range(6):
        happened("request.submitted", chain)
    branches = Branches([archived(Anchor(end, chain[end - 1].hash), first=first) for first, end in files])
    for event in chain:
        branches.step(event)

    assert branches.compare(upto).missing == missing


def test_days_are_named_by_the_first_and_the_last() -> None:
    one, other = archived(Anchor(1, "x")), archived(Anchor(2, "x"), DAY + timedelta(days=2))

    assert (days([one]), days([one, other])) == ("2026-03-02", "2026-03-02 to 2026-03-04")


@given(trails(), st.sampled_from(STYLES))
def test_a_line_names_the_event_that_it_is(trail: Trail, style: AuditLineStyle) -> None:
    lines = AuditLines(style, "1.0")
    for event in trail.chain:
        written = lines.line(event, None)

        assert written.count(b"\n") == 1
        assert written.endswith(b"\n")
        assert lines.end_of(written) == Anchor(event.seq, event.hash)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"seq,at", b"\xff", b'{"seq": null}', b'{"metadata": 1}', b"12"])
def test_a_line_that_was_not_written_here_names_no_event(style: AuditLineStyle, text: bytes) -> None:
    found = AuditLines(style).end_of(text)

    assert found is None or (style is AuditLineStyle.CSV and text == b"12")


@pytest.mark.parametrize("style", STYLES)
def test_a_line_of_any_length_names_its_event(style: AuditLineStyle) -> None:
    """A change of large policies, with all that was there before."""
    chain: list[Sealed] = []
    event = happened("policies.saved", chain, before=['"a, b"'] * 20_000)
    lines = AuditLines(style)
    assert lines.end_of(lines.line(event, None)) == Anchor(event.seq, event.hash)


def test_only_a_csv_file_has_a_heading_and_it_is_no_event() -> None:
    headings = {style: AuditLines(style).heading for style in STYLES}

    assert headings == {
        AuditLineStyle.CSV: ",".join(COLUMNS).encode() + b"\n",
        AuditLineStyle.JSONL: b"",
        AuditLineStyle.OCSF: b"",
    }
    assert AuditLines(AuditLineStyle.CSV).end_of(headings[AuditLineStyle.CSV]) is None


@given(trails())
def test_a_json_line_holds_everything_that_was_hashed_and_the_hashes(trail: Trail) -> None:
    event = trail.chain[-1]
    read = json.loads(AuditLines(AuditLineStyle.JSONL).line(event, None))

    assert read == json.loads(json.dumps(plain(event)))
    assert (read["seq"], read["prev_hash"], read["hash"]) == (event.seq, event.prev_hash, event.hash)


def test_a_text_of_several_lines_stands_in_one_cell_of_one_line() -> None:
    chain: list[Sealed] = []
    event = happened("request.submitted", chain)
    event = replace(event, body=event.body.replace("Ann", "Ann\\nBen\\u2028Cid"))

    assert b"Ann Ben Cid" in AuditLines(AuditLineStyle.CSV).line(event, None)


def test_an_event_says_when_it_happened() -> None:
    assert moment_of(happened("request.submitted", [])) == datetime(2026, 3, 2, 9, tzinfo=UTC)
