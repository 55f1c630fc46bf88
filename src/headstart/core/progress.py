"""How long work tells the outside that it is under way, without knowing who listens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Stage(Protocol):
    """One counted piece of work."""

    def advance(self, steps: int = 1) -> None:
        """``steps`` more of the announced total are done."""
        ...


class Progress(Protocol):
    """What the engine reports to. The command line draws it, the default says nothing."""

    def stage(self, name: str, total: int | None = None) -> AbstractContextManager[Stage]:
        """Announce a piece of work of ``total`` steps (None: not known)."""
        ...

    def say(self, sentence: str) -> None:
        """One sentence a person should see now."""
        ...


class _SilentStage:
    def advance(self, steps: int = 1) -> None:
        del steps


class Silent:
    """Listens to nothing."""

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Stage]:
        """See `Progress.stage`."""
        del name, total
        yield _SilentStage()

    def say(self, sentence: str) -> None:
        """See `Progress.say`."""
        del sentence
