"""Who may write to a run folder: one process at a time, and only the run that is there already."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from headstart.bundle.recipe import read_recipe
from headstart.core.errors import HeadstartError, Unavailable, UserError
from headstart.core.home import home
from headstart.core.progress import Progress
from headstart.core.recipe import Recipe
from headstart.engine.journal import is_bare
from headstart.report.json import read_results
from headstart.run_folder import CHECKPOINTS, NOTE, noted

NEEDED = 200 * 1024**2
"""Bytes a run folder may need while the run is under way: checkpoints, the exported model, the report."""
FINISHED = frozenset({"results.json", "recipe.toml"})
"""What a finished run folder holds."""
LOCKS = "locks"
"""Folder below home of empty files, one for every run folder: that of a run may lie where there are no locks."""


def foresee(folder: Path, sources: Sequence[str]) -> None:
    """Refuse a run folder that no run on the data in ``sources`` can have, before they are read; nothing is made.

    What it takes to know the data for is left to `claim`.

    Raises:
        UserError: it is a file, cannot be made or written to, holds files that are not a run, or lies within the data,
            where it would be read as a part of them next time.
        Unavailable: the disk is too full.
    """
    there = next((each for each in (folder, *folder.absolute().parents) if os.path.lexists(each)), folder)
    if not there.is_dir():
        which = "is no folder" if there == folder else f"cannot be made: '{there}' is no folder"
        raise UserError(f"'{folder}' {which}; --out needs a folder (it is made if it does not exist).")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError(f"'{folder}' cannot be written to: permission denied. Choose another --out.")
    _require_room(there, folder)
    inside = _inside(folder) if there == folder else set[str]()
    if not _is_a_run(folder, inside):
        raise _not_a_run(folder, inside)
    for source in sources:
        if not inside and source and _is_read(folder, Path(source)):
            raise UserError(
                f"'{folder}' lies within the data in '{source}', and may be taken for a part of them next time. "
                "Choose an --out elsewhere."
            )


def _is_read(folder: Path, source: Path) -> bool:
    """Whether who reads the data in ``source`` comes by ``folder``: not where a name on the way is hidden."""
    if not source.is_dir() or not folder.resolve().is_relative_to(source.resolve()):
        return False
    return not any(part.startswith(".") for part in folder.resolve().relative_to(source.resolve()).parts)


@contextmanager
def held(folder: Path, progress: Progress, sources: Sequence[str] = ()) -> Iterator[None]:
    """Keep other processes with this home out of ``folder``, which is made if it does not exist.

    Where there can be no locks (some network drives, a home that is read-only) ``progress`` is told so. Folders
    that were made here and are empty in the end are taken away again.

    Raises:
        UserError: another process is at work there, or it cannot be the run folder of data in ``sources`` (`foresee`).
        Unavailable: the disk is too full.
    """
    with _locked(folder, progress):
        foresee(folder, sources)
        made = [each for each in (folder, *folder.parents) if not each.exists()]
        _make_writable(folder)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # what is not empty stays, and so does what is above it
                for each in made:
                    each.rmdir()


def _locked(folder: Path, progress: Progress) -> AbstractContextManager[object]:
    locks = home() / LOCKS
    try:
        locks.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(os.fspath(folder.resolve()).encode()).hexdigest()[:32]
        return FileLock(locks / name).acquire(timeout=0)
    except Timeout as error:
        raise UserError(
            f"Another process is writing to '{folder}' right now. Wait until it is done, or choose another --out."
        ) from error
    except (OSError, NotImplementedError) as error:
        reason = (error.strerror if isinstance(error, OSError) else str(error)) or "this system has none"
        progress.say(f"'{folder}' is not locked against other processes: no lock can be kept in '{locks}' ({reason}).")
        return nullcontext()


def claim(folder: Path, recipe: Recipe, identity: Mapping[str, object]) -> None:
    """Refuse a folder that this run must not write to, before anything is computed.

    ``identity`` is what the run depends on (`headstart.engine.identity`); of it, the fingerprints in `CONTENTS` count.

    Free to use are an empty folder (hidden files do not count), an interrupted or finished run of the same recipe on
    the same data, and what a run left that ended before it had finished any piece of work.

    Raises:
        UserError: it holds something else.
    """
    inside = _inside(folder)
    if (folder / CHECKPOINTS / NOTE).is_file() and CHECKPOINTS in inside:
        other = _other_interrupted(folder, recipe, identity)
        if other:
            raise UserError(f"'{folder}' holds an unfinished run of {other}. Choose another --out, or delete it.")
    elif inside >= FINISHED:
        other = _other_finished(folder, recipe, identity)
        if other:
            raise UserError(f"'{folder}' already holds a run of {other}. Choose another --out, or delete it.")
    elif not _is_a_run(folder, inside):
        raise _not_a_run(folder, inside)


def _inside(folder: Path) -> set[str]:
    """What lies in it, apart from hidden files and from what a run left that had finished nothing."""
    inside = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    return inside - {CHECKPOINTS} if _ended_early(folder) else inside


def _is_a_run(folder: Path, inside: set[str]) -> bool:
    """Whether there is a run, finished or not, or nothing."""
    unfinished = (folder / CHECKPOINTS / NOTE).is_file() and CHECKPOINTS in inside
    return not inside or unfinished or inside >= FINISHED or _just_begun(folder, inside)


def _not_a_run(folder: Path, inside: set[str]) -> UserError:
    return UserError(
        f"'{folder}' holds files that are not a run ({', '.join(sorted(inside)[:3])}). Choose another --out."
    )


def _require_room(where: Path, folder: Path) -> None:
    free = shutil.disk_usage(where).free
    if free < NEEDED:
        raise Unavailable(
            f"The disk of '{folder}' has {free / 1e6:.0f} MB left, a run needs up to {NEEDED / 1e6:.0f} MB. "
            "Free some space or choose another --out."
        )


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(f"'{folder}' cannot be written to: {reason}. Choose another --out.") from error


UNKNOWN = "other data or other options"
PATHS = ("data", "test", "target", "labelled")
"""Options that may differ: the fingerprints stand for what lies there."""
CONTENTS: Mapping[str, str] = {
    "data": "other data",
    "target": "another target",
    "labelled": "other labelled items of the target",
    "test": "other test items",
}
"""Fingerprints of a run by name, and what to say where they differ."""


def _other_interrupted(folder: Path, recipe: Recipe, identity: Mapping[str, object]) -> str:
    """What the checkpoints are of, "" for this recipe on these data; the journal then checks versions and models."""
    try:
        found = json.loads((folder / CHECKPOINTS / NOTE).read_text(encoding="utf-8"))
        return _other(found["options"], recipe, {"data": found["data"], **found}, identity)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return UNKNOWN


def _other_finished(folder: Path, recipe: Recipe, identity: Mapping[str, object]) -> str:
    try:
        found = dataclasses.asdict(read_recipe(folder / "recipe.toml"))
        results = read_results(folder)
    except HeadstartError:
        return UNKNOWN
    # The results do not name the labelled items of a target: where the note is gone, nobody can tell.
    known = noted(folder) or {**identity, "target": results.across.target.fingerprint if results.across else ""}
    return _other(found, recipe, {**known, "data": results.data.fingerprint}, identity)


def _other(
    found: Mapping[str, Any], recipe: Recipe, contents: Mapping[str, object], identity: Mapping[str, object]
) -> str:
    """How a run with the options ``found``, which depends on ``contents``, differs from one of ``recipe`` that
    depends on ``identity``.
    """
    asked = _plain(dataclasses.asdict(recipe))
    there = _plain(found)
    options = [name for name in {**asked, **there} if there.get(name) != asked.get(name) and name not in PATHS]
    if not all(name in there and name in asked for name in options):
        return UNKNOWN  # written by another version
    said = [f"{name} {_shown(there[name])}, not {_shown(asked[name])}" for name in options]
    parts = [words for name, words in CONTENTS.items() if contents.get(name, "") != identity.get(name, "")]
    return " and ".join([*parts, f"other options ({'; '.join(said)})"] if said else parts)


def _ended_early(folder: Path) -> bool:
    """Whether the checkpoints are those of a run of ours that had finished nothing; the journal takes them over."""
    try:
        found = json.loads((folder / CHECKPOINTS / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and {"options", "data"} <= found.keys() and is_bare(folder / CHECKPOINTS)


def _plain(options: Mapping[str, Any]) -> Mapping[str, Any]:
    return json.loads(json.dumps(dict(options), default=str))


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={each}" for name, each in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in ("", None) else str(value)


def _just_begun(folder: Path, inside: set[str]) -> bool:
    """Whether a run was killed before it wrote down what it is: nothing there but the beginning of its note."""
    if inside != {CHECKPOINTS} or not (folder / CHECKPOINTS).is_dir():
        return False
    return all(path.name.startswith(NOTE) for path in (folder / CHECKPOINTS).iterdir())
