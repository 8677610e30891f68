"""Ports for processes that bind them later."""

import errno
import gc
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from infra.sandbox import ports
from infra.sandbox.ports import FIRST, HOST, LAST, HeldPort, ephemeral_ports


def only(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> None:
    """Leave nothing to choose but these."""
    monkeypatch.setattr(ports, "_candidates", lambda: iter(numbers))


def bind(number: int) -> None:
    with socket.socket() as used:
        used.bind((HOST, number))


def test_a_port_is_outside_the_range_that_the_kernel_gives_away() -> None:
    chosen = [HeldPort() for _ in range(20)]
    numbers = {port.number for port in chosen}

    assert len(numbers) == 20
    assert not numbers & set(ephemeral_ports())
    assert all(FIRST <= number <= LAST for number in numbers)
    for number in numbers:
        bind(number)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("32768\t60999\n", range(32768, 61000)),
        ("", ports.USUALLY_EPHEMERAL),
        ("1024", ports.USUALLY_EPHEMERAL),
        (None, ports.USUALLY_EPHEMERAL),
    ],
)
def test_the_range_is_the_kernels_where_it_tells_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: str | None, expected: range
) -> None:
    if told is not None:
        (tmp_path / "range").write_text(told)
    monkeypatch.setattr(ports, "EPHEMERAL", tmp_path / "range")

    assert ephemeral_ports() == expected


def test_where_every_port_is_ephemeral_one_is_found_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "range").write_text(f"1024 {LAST}")
    monkeypatch.setattr(ports, "EPHEMERAL", tmp_path / "range")

    assert FIRST <= HeldPort().number <= LAST


def test_a_port_in_use_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    free = list(ports._candidates())
    with socket.create_server((HOST, 0)) as used:
        number = used.getsockname()[1]
        only(monkeypatch, number, *free)

        assert HeldPort().number != number


def test_a_port_that_somebody_chose_is_chosen_again_only_when_it_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = HeldPort()
    only(monkeypatch, first.number)
    with pytest.raises(OSError, match="is free") as none_left:
        HeldPort()
    assert none_left.value.errno == errno.EADDRINUSE

    number = first.number
    del first
    gc.collect()

    assert HeldPort().number == number


def test_another_process_chooses_another_port(monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
from infra.sandbox import ports
held = ports.HeldPort()
print(held.number, flush=True)
input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as other:
        assert other.stdout is not None
        number = int(other.stdout.readline())
        only(monkeypatch, number)
        with pytest.raises(OSError, match="is free"):
            HeldPort()
        other.communicate("\n")

    assert HeldPort().number == number
