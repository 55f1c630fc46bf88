"""The run folder: claimed before the work, written after it, the report and the model side by side."""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from headstart.bundle.model import Card, write_baseline, write_transfer
from headstart.bundle.recipe import read_recipe, write_recipe
from headstart.core.errors import HeadstartError, Unavailable, UserError
from headstart.core.recipe import Recipe
from headstart.core.results import ModelRecord, Results
from headstart.engine.adapted import Adapted
from headstart.report.html import write_report
from headstart.report.json import read_results, write_results

NEEDED = 200 * 1024**2
"""Bytes a run folder may need while the run is under way: checkpoints, the exported model, the report."""
CHECKPOINTS = "checkpoints"
WRITTEN = ("report.html", "results.json", "recipe.toml", "model", "run.json")
"""What a complete run folder holds."""
NOTE = "run.json"
"""What a run depends on: among the checkpoints of one under way, where `headstart.engine.journal` writes it, and beside
the report of a finished one."""


def claim(folder: Path, recipe: Recipe, fingerprint: str) -> None:
    """Refuse a folder that this run must not write to, before anything is computed.

    Free to use are a missing or empty folder (hidden files do not count), and an interrupted or finished run of the
    same recipe on the same data.

    Raises:
        UserError: it is a file, cannot be written, or holds something else.
        Unavailable: the disk is too full.
    """
    _make_writable(folder)
    free = shutil.disk_usage(folder).free
    if free < NEEDED:
        raise Unavailable(
            f"The disk of '{folder}' has {free / 1e6:.0f} MB left, a run needs up to {NEEDED / 1e6:.0f} MB. "
            "Free some space or choose another --out."
        )
    inside = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    if (folder / CHECKPOINTS / NOTE).is_file():
        if not _interrupted_same(folder, recipe, fingerprint):
            raise UserError(
                f"'{folder}' holds an unfinished run of other data or other options. "
                "Choose another --out, or delete it."
            )
    elif {"results.json", "recipe.toml"} <= inside:
        if not _finished_same(folder, recipe, fingerprint):
            raise UserError(
                f"'{folder}' already holds a run of other data or other options. Choose another --out, or delete it."
            )
    elif inside and not _just_begun(folder, inside):
        raise UserError(
            f"'{folder}' holds files that are not a run ({', '.join(sorted(inside)[:3])}). Choose another --out."
        )


def finished(folder: Path, identity: Mapping[str, object], code: tuple[str, bool]) -> Results | None:
    """The results in ``folder`` if they are complete and depend on just the same as a run with this ``identity`` would.

    ``code`` is the commit of the program and whether it has changes since, which nobody can tell from others.
    """
    commit, changed = code
    if changed or (folder / CHECKPOINTS).exists() or not all((folder / name).exists() for name in WRITTEN):
        return None
    try:
        found = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        results = read_results(folder)
    except (OSError, ValueError, HeadstartError):
        return None
    same = found == json.loads(json.dumps(dict(identity), default=str)) and results.environment["commit"] == commit
    return results if same else None


def copy(source: Path, folder: Path) -> Path:
    """What `write` wrote, once more."""
    if source.resolve() != folder.resolve():
        for name in WRITTEN:
            part = source / name
            if part.is_dir():
                shutil.rmtree(folder / name, ignore_errors=True)
                shutil.copytree(part, folder / name)
            else:
                shutil.copyfile(part, folder / name)
    return folder


def write(adapted: Adapted, folder: Path) -> Path:
    """Write everything, then remove the checkpoints: a folder without them is a complete run.

    Raises:
        ValueError: the results say that the baseline is served, and there is none.
    """
    results, simple = adapted.results, adapted.results.served == "simple"
    model = folder / "model"
    if model.exists():
        shutil.rmtree(model)
    card = Card(
        serves=adapted.baseline_name if simple else "transfer",
        modality=results.data.modality,
        task=adapted.recipe.task,
        classes=results.data.classes,
        temperature=1.0 if simple else results.temperature,
        trained_from={} if simple else _origin(results.model),
        arithmetic={} if simple else dict(adapted.arithmetic),
    )
    if not simple:
        write_transfer(model, adapted.backbone, adapted.head, card)
    elif adapted.baseline is not None:
        write_baseline(model, adapted.baseline, card)
    else:
        raise ValueError("results say that the simple baseline is served, but there is none")
    write_recipe(adapted.recipe, folder / "recipe.toml")
    write_report(results, folder)
    write_results(results, folder)
    note = json.dumps(dict(adapted.identity), indent=2, sort_keys=True, default=str)
    (folder / NOTE).write_text(note, encoding="utf-8")
    _remove_whole(folder / CHECKPOINTS)
    return folder


def _remove_whole(checkpoints: Path) -> None:
    """Out of the way first: a kill while files are being removed must not leave some of them for another run."""
    if checkpoints.exists():
        with tempfile.TemporaryDirectory(dir=checkpoints.parent, prefix=".done-") as done:
            checkpoints.rename(Path(done) / CHECKPOINTS)


def _origin(model: ModelRecord) -> dict[str, str]:
    return {"model": model.name, "revision": model.revision, "sha256": model.sha256, "licence": model.licence}


def _make_writable(folder: Path) -> None:
    try:
        if folder.exists() and not folder.is_dir():
            raise UserError(f"'{folder}' is a file; --out needs a folder (it is made if it does not exist).")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(f"'{folder}' cannot be written to: {reason}. Choose another --out.") from error


def _interrupted_same(folder: Path, recipe: Recipe, fingerprint: str) -> bool:
    """Whether the checkpoints are of this recipe on these data; the journal then checks versions and models, too."""
    try:
        found = json.loads((folder / CHECKPOINTS / NOTE).read_text(encoding="utf-8"))
        asked = json.loads(json.dumps(dataclasses.asdict(_without_paths(recipe)), default=str))
        return found["options"] == asked and found["data"] == fingerprint
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _finished_same(folder: Path, recipe: Recipe, fingerprint: str) -> bool:
    try:
        same = _without_paths(read_recipe(folder / "recipe.toml")) == _without_paths(recipe)
        return same and read_results(folder).data.fingerprint == fingerprint
    except HeadstartError:
        return False


def _just_begun(folder: Path, inside: set[str]) -> bool:
    """Whether a run was killed before it wrote down what it is: nothing there but the beginning of its note."""
    if inside != {CHECKPOINTS} or not (folder / CHECKPOINTS).is_dir():
        return False
    return all(path.name.startswith(NOTE) for path in (folder / CHECKPOINTS).iterdir())


def _without_paths(recipe: Recipe) -> Recipe:
    """The recipe without the paths of the data, which the fingerprint stands for."""
    return dataclasses.replace(recipe, data="", test="")
