"""Seconds per stage of a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager


class Clock:
    """Adds up wall-clock seconds by stage name, to those of earlier sittings of the run (``before``).

    ``keep`` is told the sums after every stage, and whenever somebody calls `keep_now`: a run that is killed goes on
    with what was kept last.
    """

    def __init__(
        self, before: Mapping[str, float] | None = None, keep: Callable[[Mapping[str, float]], None] | None = None
    ) -> None:
        self.seconds = dict(before or {})
        self.resumed = bool(before)
        self._keep = keep
        self._running: tuple[str, float] | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside and add it to ``name``. Stages do not nest."""
        self._running = name, time.perf_counter()
        try:
            yield
        finally:
            self.seconds, self._running = self._so_far(), None
            self.keep_now()

    def keep_now(self) -> None:
        """Have the sums kept, with what the present stage has taken so far."""
        if self._keep is not None:
            self._keep(self._so_far())

    def _so_far(self) -> dict[str, float]:
        if self._running is None:
            return self.seconds
        name, started = self._running
        return self.seconds | {name: self.seconds.get(name, 0.0) + time.perf_counter() - started}
