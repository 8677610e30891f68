"""The documentation site: it builds, says when something leads nowhere, and loads nothing from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo.tree import ROOT

FOREIGN = r"""=["']?(?:https?:)?//[^"' >]+"""
LOADED = re.compile(rf"<(?:script|img|iframe|source)[^>]*?\ssrc{FOREIGN}|<link[^>]*?\shref{FOREIGN}")
IMPORTED = re.compile(r"""(?:@import|url\()\s*["']?(?:https?:)?//""")


def build(configuration: Path, site: Path) -> "subprocess.CompletedProcess[str]":
    place = ["--config-file", str(configuration), "--site-dir", str(site)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", *place], env=environment, capture_output=True, text=True, check=False
    )


def copy(to: Path, page: str) -> Path:
    """The configuration of the site, over a single page of its own."""
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    settings = text.partition("\nnot_in_nav:")[0]
    (to / "docs").mkdir()
    (to / "docs/index.md").write_text(page, encoding="utf-8")
    (to / "docs/site.css").touch()
    (to / "mkdocs.yml").write_text(settings, encoding="utf-8")
    return to / "mkdocs.yml"


def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    built = build(ROOT / "mkdocs.yml", tmp_path)

    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    pages, styles = list(tmp_path.rglob("*.html")), list(tmp_path.rglob("*.css"))
    assert len(pages) > 20
    assert styles
    assert [(page.name, LOADED.findall(page.read_text())) for page in pages if LOADED.search(page.read_text())] == []
    assert [style.name for style in styles if IMPORTED.search(style.read_text())] == []


@pytest.mark.parametrize(
    "page", ["[gone](gone.md)", "[gone](#gone)", "[gone](/gone.md)", "![gone](images/gone.png)"], ids=str
)
def test_what_leads_nowhere_fails_the_build(tmp_path: Path, page: str) -> None:
    built = build(copy(tmp_path, f"# Title\n\n{page}\n"), tmp_path / "site")

    assert built.returncode == 1
    assert "gone" in built.stderr


def test_a_page_without_a_fault_builds(tmp_path: Path) -> None:
    assert build(copy(tmp_path, "# Title\n\n[here](#title)\n"), tmp_path / "site").returncode == 0
