"""One line of the doctor: a thing, how it is, and what to do about it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from core.domain.errors import AccessError


@dataclass(frozen=True, slots=True)
class DoctorLine:
    what: str
    ok: bool
    detail: str
    warns: bool = False
    """It is well enough, and worth a look."""
    checked: bool = True
    """False: something that it depends on is missing, which another line says."""

    @property
    def state(self) -> str:
        if not self.checked:
            return "not checked"
        if not self.ok:
            return "fail"
        return "warn" if self.warns else "ok"

    @property
    def text(self) -> str:
        mark = {"fail": "FAIL", "not checked": "----"}.get(self.state, self.state)
        detail = self.detail if self.checked else f"not checked: {self.detail}"
        return f"{mark:<4} {self.what}: {detail}"


def not_checked(*names: str, because: str) -> Iterator[DoctorLine]:
    for what in names:
        yield DoctorLine(what, ok=False, detail=because, checked=False)


async def to_the_end(what: str, lines: AsyncIterator[DoctorLine]) -> AsyncIterator[DoctorLine]:
    """The lines, and one that says what stopped them: those of other things are told all the same."""
    try:
        async for line in lines:
            yield line
    except AccessError as error:
        yield DoctorLine(what, ok=False, detail=f"not all could be checked: {error}")
