"""From any failure to one clear sentence and an exit code. No traceback reaches the screen."""

from __future__ import annotations

import errno
import os
import platform
import re
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from typer import TyperException

from headstart.core.errors import HeadstartError, UserError
from headstart.core.home import home

INTERRUPTED = "Stopped."
GOES_ON = "Stopped. Run the same command again to resume."
RESUMABLE = ("adapt", "align", "demo")
"""Commands whose work is kept when they are stopped."""
INTERRUPTED_EXIT = 130
"""What shells report for a program ended by Ctrl-C: 128 + SIGINT."""

Kind = Literal["user", "unavailable", "system", "interrupted", "bug"]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What went wrong as people and machines are told. ``problems`` holds one sentence each."""

    kind: Kind
    problems: tuple[str, ...]
    exit_code: int


def explain(error: BaseException, arguments: Sequence[str]) -> Failure:
    """The failure to report for ``error``; a bug is also written to a log file with its traceback."""
    if isinstance(error, KeyboardInterrupt):
        said = GOES_ON if _command(arguments) in RESUMABLE else INTERRUPTED
        return Failure(kind="interrupted", problems=(said,), exit_code=INTERRUPTED_EXIT)
    if isinstance(error, UserError):
        return Failure(kind="user", problems=error.problems, exit_code=error.exit_code)
    if isinstance(error, HeadstartError):
        return Failure(kind="unavailable", problems=(str(error),), exit_code=error.exit_code)
    if isinstance(error, TyperException):
        return Failure(kind="user", problems=(_usage(error, arguments),), exit_code=error.exit_code)
    sentence = _system(error) if isinstance(error, OSError | MemoryError) else None
    if sentence is not None:
        return Failure(kind="system", problems=(sentence,), exit_code=1)
    return Failure(kind="bug", problems=(_bug(error, arguments),), exit_code=1)


def _usage(error: TyperException, arguments: Sequence[str]) -> str:
    sentence = " ".join(error.format_message().split()).replace("Value error, ", "")
    sentence = re.sub(r" \(Possible options: (.+)\)$", r". Did you mean \1?", sentence)
    if sentence.endswith("?"):
        return sentence
    command = _command(arguments)
    topic = f"headstart {command}" if command and not sentence.startswith("No such command") else "headstart"
    return f"{sentence.rstrip('.')}. See '{topic} --help'."


def _command(arguments: Sequence[str]) -> str:
    return next((word for word in arguments if not word.startswith("-")), "")


def _system(error: OSError | MemoryError) -> str | None:
    """The sentence for what the machine refused, or None if the error is our own mistake."""
    if isinstance(error, MemoryError):
        return "The machine has no memory left for this; use fewer items or a smaller model."
    where = f" at '{error.filename}'" if error.filename else ""
    if isinstance(error, BrokenPipeError):
        return "The program that was reading this output closed it before the end; the command itself is unharmed."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full{where}; free some space and run the same command again to go on."
    if isinstance(error, PermissionError):
        return f"Permission denied{where}; choose a folder you may read and write, or change its permissions."
    if error.errno == errno.EROFS:
        return f"The file system is read-only{where}; choose another folder."
    return None


def _bug(error: BaseException, arguments: Sequence[str]) -> str:
    what = f"Internal error in headstart ({type(error).__name__}: {_first_line(error)})"
    try:
        log = _write_log(error, arguments)
    except (OSError, UserError) as refused:
        return f"{what}; its traceback could not be written ({refused})."
    return f"{what}; please report it with the traceback in '{log}'."


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0][:200] if lines else "no message"


def _write_log(error: BaseException, arguments: Sequence[str]) -> Path:
    folder = home() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    head = (
        f"headstart {version('headstart')}, Python {platform.python_version()}, {platform.platform()}\n"
        f"arguments: {list(arguments)}\n\n"
    )
    log.write_text(head + "".join(traceback.format_exception(error)), encoding="utf-8")
    return log


def report(failure: Failure, *, as_json: bool) -> None:
    """Tell people on standard error, and with ``as_json`` also the machine on standard output."""
    for problem in failure.problems:
        sys.stderr.write(f"{problem}\n" if failure.kind == "interrupted" else f"Error: {problem}\n")
    if as_json:
        from headstart.cli._terminal import document

        document({"error": failure})
