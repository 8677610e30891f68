"""The state of a tree in which the workers of a run do not wait for the first of them."""

from pathlib import Path

from tests.compiled_once import are_compiled


def test_they_are_compiled_once_most_of_them_are(tmp_path: Path) -> None:
    (tmp_path / "some/__pycache__").mkdir(parents=True)
    for name in ("one", "two", "three"):
        (tmp_path / f"some/test_{name}.py").touch()
    assert not are_compiled(tmp_path)

    for name in ("one", "two"):
        (tmp_path / f"some/__pycache__/test_{name}.cpython-311-pytest-9.2.0.pyc").touch()
    assert are_compiled(tmp_path)
