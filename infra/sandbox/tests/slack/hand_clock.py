"""A clock that stands still until a test moves its hand."""


class HandClock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now
