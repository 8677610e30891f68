"""Misfortunes that met in a history: two or three things, each harmless alone, that a fault needs at the same time."""

from collections.abc import Iterator
from itertools import combinations

from tests.model.oracle import Oracle
from tests.model.record import PATIENCE, Known

A_WHILE = 90.0
Span = tuple[float, float]


def meetings(oracle: Oracle) -> Iterator[str]:
    """The name of each that met, as often as it did."""
    requests = list(oracle.requests.values())
    yield from ("an extension, approved, and its access ended by another" for _ in _ended_extended(requests))
    again = list(_again(requests))
    yield from ("asked again while it is taken away" for _ in again)
    for (one, span), (other, beside) in combinations(again, 2):
        if one.held != other.held and _overlap(span, beside):
            yield "two asked again while they are taken away"
    for request in requests:
        if any(to - since > PATIENCE for since, to in _times(request, "granting")):
            yield "granting for longer than patience"
    for held, span in _without_an_outcome(oracle):
        if any(_ends_beside(request, held[1], held, span) for request in requests):
            yield "an end in the account of an operation without an outcome"
    for trouble in oracle.troubles.all:
        if trouble.kind == "odd answers":
            span = (trouble.since, trouble.until)
            inside = any(_overlap(each, span) for request in requests for each in _moving(request, trouble.about))
            if inside and any(
                _overlap(each, span)
                for request in requests
                if request.held[1] != trouble.about
                for each in _times(request, "revoking")
            ):
                yield "an end beside an account with odd answers"


def _ended_extended(requests: list[Known]) -> Iterator[Known]:
    for request in requests:
        at = request.since("revoking", "revoked")
        if at is None or request.ended_early_by in {"", request.wish.person}:
            continue
        for other in requests:
            since = other.since("scheduled")
            if other.extends == request.id and since is not None and at - since > A_WHILE and _is_live(other, at - 1):
                yield request


def _is_live(request: Known, at: float) -> bool:
    return request.status_at(at) in {"scheduled", "granting", "active"}


def _again(requests: list[Known]) -> Iterator[tuple[Known, Span]]:
    """Those granted while an older one for the same is being taken away, and the time of both."""
    for request in requests:
        for since, to in _times(request, "granting"):
            for other in requests:
                for begun, gone in _times(other, "revoking"):
                    if other.held == request.held and begun < since < gone:
                        yield request, (since, min(to, gone))


def _without_an_outcome(oracle: Oracle) -> Iterator[tuple[tuple[str, str, str], Span]]:
    for trouble in oracle.troubles.all:
        if trouble.kind == "operation hangs" and trouble.until - trouble.since > 300:
            began = (each for each in oracle.cloud.asked.values() if each.begun_at == trouble.since)
            for asked in began:
                if asked.held[1] == trouble.about:
                    yield asked.held, (trouble.since + 300, trouble.until)


def _ends_beside(request: Known, account: str, held: tuple[str, str, str], span: Span) -> bool:
    is_beside = request.held != held and request.held[1] == account
    return is_beside and any(_overlap(each, span) for each in _times(request, "revoking"))


def _moving(request: Known, account: str) -> list[Span]:
    if request.held[1] != account:
        return []
    return [*_times(request, "granting"), *_times(request, "revoking")]


def _times(request: Known, status: str) -> list[Span]:
    ends = [*(at for _, at in request.path[1:]), float("inf")]
    return [(at, end) for (name, at), end in zip(request.path, ends, strict=True) if name == status]


def _overlap(one: Span, other: Span) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
