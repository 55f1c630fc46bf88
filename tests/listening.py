"""Who remembers what work says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Listener:
    """A `Progress` with the sentences it was told, and what the latest stage announced and has done."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.total: int | None = None
        self.steps: list[int] = []

    @property
    def done(self) -> int:
        return sum(self.steps)

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Listener]:
        self.total, self.steps = total, []
        yield self

    def advance(self, steps: int = 1) -> None:
        self.steps.append(steps)

    def say(self, sentence: str) -> None:
        self.said.append(sentence)
