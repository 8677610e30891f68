"""The planted faults: what is changed, what is left alone, and that a mutant can stand where the original stood."""

from pathlib import Path

import pytest

from tests.mutation.__main__ import interval, key_of, known_equivalents
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.running import _code_of

MODULES = [*Path("core/domain").glob("*.py"), *Path("core/services").glob("*.py")]


def planted(tmp_path: Path, source: str) -> list[Mutant]:
    module = tmp_path / "module.py"
    module.write_text(source, encoding="utf-8")
    return list(mutants(module))


def changed(tmp_path: Path, source: str) -> set[str]:
    """Each mutant, as the lines that it puts in."""
    return {key_of(mutant)[2] for mutant in planted(tmp_path, source)}


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("ok = a < b", {"ok = (a <= b)"}),
        ("ok = a < b == c", {"ok = (a <= b == c)", "ok = (a < b != c)"}),
        ("ok = a and not b", {"ok = (a or not b)", "ok = a and (b)"}),
        ("most = 10", {"most = (11)"}),
        ("said = True", {"said = (False)"}),
        ("key = 'state'", {"key = ('XXstate')"}),
        (
            "rows = {1: a, 2: b}",
            {"rows = ({1: a})", "rows = ({2: b})", "rows = {(2): a, 2: b}", "rows = {1: a, (3): b}"},
        ),
        ("rows = [a, b]", {"rows = ([a])", "rows = ([b])"}),
        ("x = any(a)", {"x = all(a)"}),
        ("x = [a for a in b if c]", {"x = [a for a in b if (not (c))]"}),
    ],
)
def test_a_fault_is_one_small_change(tmp_path: Path, line: str, instead: set[str]) -> None:
    assert changed(tmp_path, line) == instead


@pytest.mark.parametrize(
    "source",
    [
        '"""Says what the module is for."""',
        "import a",
        "class Kind(StrEnum):\n    ONE = 'one'",
        "class Row:\n    __slots__ = ('a', 'b')",
        "sentence = 'Nobody may approve this.'",
        "def ask(after: list[1] | None) -> dict[2, 3]: ...",
        "@dataclass(frozen=True)\nclass Row: ...",
        "log = structlog.get_logger('a')",
        "def tell():\n    log.info('told', to=1)",
        "Name = NewType('Name', str)",
        "def never():\n    raise AssertionError(1)",
    ],
)
def test_what_is_not_behaviour_is_left_alone(tmp_path: Path, source: str) -> None:
    assert changed(tmp_path, source) == set()


def test_a_fault_in_a_method_takes_the_place_of_its_code_alone(tmp_path: Path) -> None:
    source = "class Row:\n    @property\n    def late(self):\n        return self.age > 3\n"
    compared = next(mutant for mutant in planted(tmp_path, source) if ">=" in mutant.text)
    assert compared.function is not None

    code = _code_of(compile(compared.source(source.encode()), "module", "exec"), compared.function)

    assert (compared.function.name, code.co_firstlineno, compared.lines) == ("Row.late", 2, frozenset({4}))


def test_every_mutant_can_be_compiled_and_differs_from_the_original() -> None:
    for module in MODULES[::16]:
        original = module.read_bytes()
        for mutant in mutants(module):
            compile(mutant.source(original), str(module), "exec")
            assert mutant.source(original) != original.decode()


def test_every_equivalent_mutant_is_one_that_is_planted_and_says_why() -> None:
    equivalents = known_equivalents()
    planted_there = {key_of(mutant) for name in {key[0] for key in equivalents} for mutant in mutants(Path(name))}

    assert equivalents.keys() - planted_there == set()
    assert all(reason.strip() for reason in equivalents.values())


def test_a_sample_says_how_sure_it_is() -> None:
    low, high = interval(90, 100)

    assert (round(low, 3), round(high, 3)) == (0.826, 0.945)
