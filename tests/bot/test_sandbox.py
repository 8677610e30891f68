"""The facts about the product that the sandbox must know although it imports nothing of it."""

import subprocess
import sys
from datetime import UTC, datetime

from bot.metrics import Metrics
from infra.sandbox import next_event
from infra.sandbox.window.commands import SUBCOMMANDS
from tests.reference.subcommands import COMPLETIONS, completions


def test_the_message_box_completes_the_subcommands_of_the_product() -> None:
    assert {"request", "policy edit", "help"} < {each.word for each in SUBCOMMANDS}
    assert COMPLETIONS.read_text(encoding="utf-8") == completions(), "run `make reference`"


def test_the_next_event_is_read_from_the_metrics_of_the_bot() -> None:
    metrics = Metrics("1")
    assert next_event.read(metrics.render().decode()) is None

    at = datetime(2027, 1, 15, 8, tzinfo=UTC)
    metrics.next_due(at)
    assert next_event.read(metrics.render().decode()) == at


def test_without_its_packages_the_sandbox_says_how_to_get_them() -> None:
    without = "import sys; sys.modules['jinja2'] = None; from bot.cli import main; main(['sandbox'])"

    outcome = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True, check=False)

    said = "The sandbox needs jinja2: install it with `pip install 'teambot[sandbox]'`.\n"
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (1, "", said)
