"""Runs the tests against each mutant, in a process of its own: a fork of one in which all tests are loaded already.

A function's mutant takes the place of its code. What is evaluated at import is imported anew, in a fork of a process
that has loaded everything but this project.
"""

import contextlib
import gc
import importlib.abc
import importlib.machinery
import io
import os
import resource
import select
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from types import CodeType, FunctionType, ModuleType

import hypothesis
import pytest

from tests.mutation.mutants import Function, Mutant

AT_MOST_EACH = 300
"""Seconds by the clock for one test: one that takes longer waits for what never comes."""
OPTIONS = (
    *("-q", "-s", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist"),
    f"--timeout={AT_MOST_EACH}",
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # what was loaded before belongs to others
)
AT_MOST = 60.0
"""Seconds of processor for one mutant, besides ten times what its tests took when measured: on a busy machine no
mutant hangs for that reason."""
LONGEST = 900.0
"""Seconds by the clock for one mutant."""
MOST_MEMORY = 8 << 30
NOTICED, UNNOTICED, HUNG, BROKEN = 1, 0, 3, 4
"""The ends of a child. ``BROKEN``: the mutant was never tried, and the whole run stops."""


class Fate(Enum):
    KILLED = "killed"
    HUNG = "timed out"
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class Trial:
    mutant: Mutant
    tests: Sequence[str]
    took: float


Tell = Callable[[Trial, Fate], None]


def run_all(trials: Sequence[Trial], tell: Tell) -> None:
    """Try each mutant on the tests given for it, until one fails, and tell its fate."""
    for trial in trials:
        if not trial.tests:
            tell(trial, Fate.SURVIVED)
    at_import = [trial for trial in trials if trial.tests and trial.mutant.function is None]
    in_functions = [trial for trial in trials if trial.tests and trial.mutant.function is not None]
    if at_import:
        _preload()
        _prove_unnoticed(at_import[0], _import_and_run)
    for trial in at_import:
        tell(trial, _fate(trial, lambda trial=trial: _import_and_run(trial)))  # type: ignore[misc]
    if in_functions:
        files = sorted({name.split("::")[0] for trial in in_functions for name in trial.tests})
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            outcome = pytest.main([*OPTIONS, *files], plugins=[_InFunctions(in_functions, tell)])
        if outcome is not pytest.ExitCode.OK:
            sys.exit(f"the tests could not be loaded: {outcome!r}\n{shown.getvalue()}")


def _prove_unnoticed(trial: Trial, run: Callable[[Trial], int]) -> None:
    """Stop when the tests fail on the original already: everything would seem to be noticed."""
    original = replace(trial, mutant=trial.mutant.harmless())
    if _fate(original, lambda: run(original)) is not Fate.SURVIVED:
        sys.exit(f"these tests fail without any mutant: {', '.join(trial.tests)}")


def _fate(trial: Trial, run: Callable[[], int]) -> Fate:
    child = os.fork()
    if not child:
        code = BROKEN
        try:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
            resource.setrlimit(resource.RLIMIT_CPU, (most := int(AT_MOST + 10 * trial.took), most))
            _silence()
            code = run()
        finally:
            os._exit(code)
    handle = os.pidfd_open(child)
    try:
        ended, _, _ = select.select([handle], [], [], LONGEST)
        if not ended:
            os.killpg(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    finally:
        os.close(handle)
    code = os.waitstatus_to_exitcode(status)
    if not ended or code in (-signal.SIGXCPU, -signal.SIGKILL):
        return Fate.HUNG
    if code == BROKEN:
        sys.exit(f"{trial.mutant.module}:{trial.mutant.place[0]} could not be tried: was a file changed meanwhile?")
    return {UNNOTICED: Fate.SURVIVED, HUNG: Fate.HUNG}.get(code, Fate.KILLED)


def _silence() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


class _Outcome:
    """Notes of the reports whether a test failed, and whether because it took too long."""

    def __init__(self) -> None:
        self.code = UNNOTICED

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.code == UNNOTICED:
            self.code = HUNG if "Timeout (>" in str(report.longrepr) else NOTICED

    def run(self, session: pytest.Session, names: Sequence[str]) -> int:
        items = {item.nodeid: item for item in session.items}
        chosen = [items[name] for name in names if name in items]
        for item, after in zip(chosen, [*chosen[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if self.code != UNNOTICED:
                break
        return self.code


class _InFunctions:
    """Loads every test once, sets up what a whole session shares, and forks."""

    def __init__(self, trials: Sequence[Trial], tell: Tell) -> None:
        self._trials, self._tell = trials, tell

    def pytest_sessionstart(self) -> None:
        _draw_the_same_examples()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._set_up(session)
        outcome = _Outcome()
        session.config.pluginmanager.register(outcome)
        _prove_unnoticed(self._trials[0], lambda trial: self._run(session, outcome, trial))
        for trial in self._trials:
            self._tell(trial, _fate(trial, lambda trial=trial: self._run(session, outcome, trial)))  # type: ignore[misc]
        return True

    def _set_up(self, session: pytest.Session) -> None:
        """Run one test of the services: the database that all of them copy stays, since a test follows elsewhere."""
        needing = [item for item in session.items if "world" in getattr(item, "fixturenames", ())]
        elsewhere = [item for item in session.items if "domain" in item.nodeid]
        if needing and elsewhere:
            needing[0].config.hook.pytest_runtest_protocol(item=needing[0], nextitem=elsewhere[0])

    def _run(self, session: pytest.Session, outcome: _Outcome, trial: Trial) -> int:
        if not _replace(trial.mutant):
            return BROKEN
        return outcome.run(session, trial.tests)


def _replace(mutant: Mutant) -> bool:
    """Give every function made of the original code the code of the mutant."""
    function = mutant.function
    assert function is not None
    path = str(mutant.module.resolve())
    code = _code_of(compile(mutant.source(mutant.module.read_bytes()), path, "exec", dont_inherit=True), function)
    gc.unfreeze()
    found = [
        one
        for one in gc.get_objects()
        if isinstance(one, FunctionType)
        and one.__code__.co_filename == path
        and one.__code__.co_qualname == function.name
        and one.__code__.co_firstlineno == function.line
    ]
    for one in found:
        one.__code__ = code
    return bool(found)


def _code_of(module: CodeType, function: Function) -> CodeType:
    return next(
        code for code in _codes(module) if code.co_qualname == function.name and code.co_firstlineno == function.line
    )


def _codes(code: CodeType) -> Iterator[CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner
            yield from _codes(inner)


def _preload() -> None:
    """Import what the tests import that is not of this project: what is not imported yet can still be a mutant."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _silence()
        pytest.main([*OPTIONS, "--collect-only", "tests/domain", "tests/services"])
        names = [
            name for name in sys.modules if name.split(".")[0] not in ("core", "bot", "handlers", "infra", "tests")
        ]
        with os.fdopen(writing, "w") as to:
            to.write("\n".join(names))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        names = answer.read().split()
    os.waitpid(child, 0)
    for name in names:
        if "conftest" not in name:
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def _import_and_run(trial: Trial) -> int:
    sys.meta_path.insert(0, _Instead(trial.mutant))
    files = sorted({name.split("::")[0] for name in trial.tests})
    chosen = _Chosen(trial.tests)
    outcome = pytest.main([*OPTIONS, *files], plugins=[chosen])
    return chosen.outcome.code if outcome is pytest.ExitCode.OK else NOTICED


class _Chosen:
    """Runs the chosen tests in their order. A mutant that cannot even be imported fails them all."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names, self.outcome = names, _Outcome()

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        _draw_the_same_examples()
        session.config.pluginmanager.register(self.outcome)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if not session.testsfailed:
            self.outcome.run(session, self._names)
        return True


class _Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives out the mutant where its module is imported."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        self._name = ".".join(mutant.module.with_suffix("").parts)

    def find_spec(
        self,
        fullname: str,
        _path: Iterable[str] | None,
        _target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, origin=str(self._mutant.module.resolve()))

    def exec_module(self, module: ModuleType) -> None:
        path = self._mutant.module.resolve()
        module.__file__ = str(path)
        exec(compile(self._mutant.source(path.read_bytes()), str(path), "exec", dont_inherit=True), module.__dict__)  # noqa: S102


def _draw_the_same_examples() -> None:
    """Hypothesis tries the same examples each time, and looks for no smaller one."""
    hypothesis.settings.register_profile(
        "mutants",
        parent=hypothesis.settings.get_profile("ci"),
        derandomize=True,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )
    hypothesis.settings.load_profile("mutants")
