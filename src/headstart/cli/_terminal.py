"""Where words go: results to standard output, everything else to standard error."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.core.progress import Progress, Silent

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


def out() -> Console:
    """Standard output for people; rich drops colour and live effects by itself when it is a pipe or a file."""
    from rich.console import Console

    return Console(soft_wrap=False, highlight=False)


def err() -> Console:
    """Standard error for people: progress, advice, errors."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


@contextlib.contextmanager
def working(*, as_json: bool) -> Iterator[Progress]:
    """The span of a command that does the work, and the progress it reports to.

    With ``as_json`` standard output belongs to the one document, so that whatever a library prints meanwhile is
    sent to standard error, and progress is shown only if somebody can be watching there.
    """
    from headstart.cli._progress import Bars, Lines

    console = err()
    with contextlib.ExitStack() as stack:
        if as_json:
            stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        if console.is_terminal:
            yield stack.enter_context(Bars(console))
        elif as_json:
            yield Silent()
        else:
            yield Lines(sys.stderr)


def document(value: Any) -> None:
    """Write ``value`` to standard output as the one JSON document of a command."""
    sys.stdout.write(json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def show(*renderables: RenderableType) -> None:
    """Print for people."""
    console = out()
    for renderable in renderables:
        console.print(renderable)


def plain(value: Any) -> Any:
    """``value`` in terms JSON has: records become objects, numbers that are not finite become null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(vars(value)[each.name]) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str | int | bool) or value is None:
        return value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Sequence):
        return [plain(each) for each in value]
    raise TypeError(f"{type(value).__name__} has no place in a JSON document: {value!r}")
