"""How progress looks: bars on a terminal, plain lines in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from rich.text import Text

from headstart.report._format import duration, size

PATIENCE_S = 15.0
"""Seconds between two lines about the same stage in a log."""
BYTES = 1_000_000
"""Totals from here on are downloads counted in bytes; nothing else is announced in such numbers."""


def amount(done: float, total: float | None) -> str:
    """``40``, ``40 of 400`` or ``12.3 MB of 90.8 MB``."""
    if total is None:
        return f"{done:,.0f}" if done else ""
    return f"{size(done)} of {size(total)}" if total >= BYTES else f"{done:,.0f} of {total:,.0f}"


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


class _Amount(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(amount(task.completed, task.total), style="dim")


class Bars:
    """One live bar per open stage; an outermost stage that ends leaves a line with its time. Implements `Progress`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._open: list[TaskID] = []
        self._rich = RichProgress(
            SpinnerColumn(style="cyan"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=28, complete_style="cyan", finished_style="cyan"),
            _Amount(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )

    def __enter__(self) -> Bars:
        self._rich.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rich.stop()

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[_BarStage]:
        """See `headstart.core.progress.Progress.stage`."""
        name, started = _capital(name), time.monotonic()
        task = self._rich.add_task("  " * len(self._open) + escape(name), total=total)
        self._open.append(task)
        try:
            yield _BarStage(self._rich, task)
        finally:
            self._open.remove(task)
            self._rich.remove_task(task)
        if not self._open:
            self._console.print(f"[green]✓[/green] {escape(name)}  [dim]{duration(time.monotonic() - started)}[/dim]")

    def say(self, sentence: str) -> None:
        """See `headstart.core.progress.Progress.say`."""
        self._console.print(f"[cyan]·[/cyan] {escape(sentence)}")


class _BarStage:
    def __init__(self, bars: RichProgress, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def advance(self, steps: int = 1) -> None:
        self._bars.advance(self._task, steps)


class Lines:
    """A line when an outermost stage begins and ends, and one now and then between. Implements `Progress`."""

    def __init__(self, stream: TextIO, *, patience_s: float = PATIENCE_S) -> None:
        self._stream = stream
        self._patience_s = patience_s
        self._depth = 0

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[_LineStage]:
        """See `headstart.core.progress.Progress.stage`."""
        name, started = _capital(name), time.monotonic()
        outermost = self._depth == 0
        if outermost:
            self._write(f"{name} ...")
        self._depth += 1
        try:
            yield _LineStage(self._write, name, total, self._patience_s)
        finally:
            self._depth -= 1
        if outermost:
            self._write(f"{name}: done in {duration(time.monotonic() - started)}")

    def say(self, sentence: str) -> None:
        """See `headstart.core.progress.Progress.say`."""
        self._write(sentence)

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


class _LineStage:
    def __init__(self, write: Callable[[str], None], name: str, total: int | None, patience_s: float) -> None:
        self._write = write
        self._name = name
        self._total = total
        self._patience_s = patience_s
        self._done = 0
        self._told = time.monotonic()

    def advance(self, steps: int = 1) -> None:
        self._done += steps
        now = time.monotonic()
        if now - self._told >= self._patience_s:
            self._told = now
            self._write(f"{self._name}: {amount(self._done, self._total)}")
