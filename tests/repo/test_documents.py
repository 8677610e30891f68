"""Documents: links lead somewhere, records are complete, words are defined."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repo.tree import ROOT, documents, show

RECORDS = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
PLACE = re.compile(r"`((?:bot|core|docs|handlers|infra|manifests|tests)/[\w./-]+)`")
TEST = re.compile(r"`(tests/[\w./]+\.py)::(test_\w+)`")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
WORDS = (
    *("principal", "chat user", "persona", "requester", "approver", "auditor", "admin"),
    *("account", "permission set", "target", "assignment", "request", "justification", "window", "session"),
    *("eligibility policy", "approval policy", "quorum", "settings", "snapshot"),
    *("approve", "reject", "revoke", "cancel", "expire", "end", "fail", "grant", "decision", "status"),
    *("card", "notice", "outbox", "inbox", "press", "command"),
    *("audit trail", "anchor", "drift", "unit of work", "port", "refusal"),
)


def prose(path: Path) -> str:
    """A document without its examples."""
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    """The names that a link may have after ``#``: headings, as GitHub spells them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in HEADING.findall(prose(path))
    }


def dead_links(document: Path) -> Iterator[str]:
    """Links to files and headings that are not there. The web is not asked."""
    for link in LINK.findall(prose(document)):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            yield f"{show(document)}: {link}"


def test_every_link_between_documents_leads_somewhere() -> None:
    assert [dead for document in documents() for dead in dead_links(document)] == []


def test_every_file_or_folder_that_a_document_names_is_there() -> None:
    named = {(show(document), place) for document in documents() for place in PLACE.findall(prose(document))}

    assert [(document, place) for document, place in sorted(named) if not (ROOT / place).exists()] == []


def test_every_test_that_a_document_names_is_there() -> None:
    named = {found for document in documents() for found in TEST.findall(prose(document))}

    assert [f"{file}::{test}" for file, test in sorted(named) if f"def {test}(" not in source(file)] == []


def source(file: str) -> str:
    path = ROOT / file
    return path.read_text(encoding="utf-8") if path.exists() else ""


def test_every_threat_names_the_test_that_shows_its_answer() -> None:
    text = prose(ROOT / "docs/security.md").partition("\n## Threats\n")[2].partition("\n## ")[0]
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]

    assert len(rows) > 23
    assert [row for row in rows if len(row.split(" | ")) != 3 or not TEST.search(row.split(" | ")[2])] == []


def test_records_are_numbered_without_gaps() -> None:
    numbers = [int(record.name.partition("-")[0]) for record in RECORDS]

    assert numbers == list(range(1, len(numbers) + 1))


def test_the_index_names_every_record() -> None:
    index = (ROOT / "docs/adr/README.md").read_text(encoding="utf-8")

    assert [record.name for record in RECORDS if f"({record.name})" not in index] == []


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_has_its_title_and_four_sections(record: Path) -> None:
    title, *sections = HEADING.findall(record.read_text(encoding="utf-8"))

    assert title.startswith(f"{record.name[:4]}. ")
    assert sections == ["Context", "Decision", "Consequences", "Alternatives"]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_fits_a_page_and_its_decision_can_be_quoted(record: Path) -> None:
    text = record.read_text(encoding="utf-8")

    assert re.search(r"^## Decision\n\n> \S", text, re.MULTILINE)
    assert len(text.splitlines()) <= 60


def test_the_glossary_defines_each_word_once() -> None:
    defined = re.findall(r"^- \*\*(.+?)\*\*:", (ROOT / "docs/glossary.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(defined) == sorted(set(defined))
    assert set(WORDS) - set(defined) == set()


def test_the_changelog_has_a_place_for_the_next_release() -> None:
    headings = HEADING.findall((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))

    assert headings[:2] == ["Changelog", "[Unreleased]"]


def test_contributing_sets_up_in_three_commands_and_has_its_checklists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    commands = re.search(r"```sh\n(.*?)```", text, re.DOTALL)

    assert commands is not None
    assert len(commands[1].splitlines()) == 3
    assert {"Add a subcommand", "Add a message", "Add a column", "Add a setting", "Add an error"} <= set(
        HEADING.findall(text)
    )


def test_the_guided_tours_name_as_many_files_as_they_say_and_each_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition("## Guided tours\n")[2].partition("\n## ")[0]
    tours = re.findall(r"\*\*(.+?\?)\*\*(.+?)(?=\n\*\*|\Z)", section, re.DOTALL)

    assert len(tours) == 5
    for question, tour in tours:
        named = set(re.findall(r"`([\w/]+\.py)`", tour))
        assert [path for path in named if not (ROOT / path).is_file()] == [], question
        assert f" {len(named)} files" in tour, (question, len(named))
