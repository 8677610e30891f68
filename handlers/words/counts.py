"""Numbers of things, in plain English."""


def noun(number: int, one: str, many: str = "") -> str:
    """The word that fits the number: ``error``, ``errors``. ``many`` where an s is not enough."""
    return one if number == 1 else many or f"{one}s"


def counted(number: int, one: str, many: str = "") -> str:
    """``1 error``, ``2 errors``, ``no errors``."""
    return f"{number or 'no'} {noun(number, one, many)}"
