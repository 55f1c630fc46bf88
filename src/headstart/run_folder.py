"""The run folder: claimed before the work, written after it, the report and the model side by side."""

from __future__ import annotations

import shutil
from pathlib import Path

from headstart.bundle.model import Card, write_baseline, write_transfer
from headstart.bundle.recipe import read_recipe, write_recipe
from headstart.core.errors import HeadstartError, Unavailable, UserError
from headstart.core.recipe import Recipe
from headstart.engine.adapted import Adapted
from headstart.report.html import write_report
from headstart.report.json import read_results, write_results

NEEDED = 200 * 1024**2
"""Bytes a run folder may need while the run is under way: checkpoints, the exported model, the report."""


def claim(folder: Path, recipe: Recipe, fingerprint: str) -> None:
    """Refuse a folder that this run must not write to, before anything is computed.

    Free to use are a missing or empty folder, an interrupted run (its journal checks that it is this one), and a
    finished run of the same recipe on the same data.

    Raises:
        UserError: it is a file, cannot be written, or holds something else.
        Unavailable: the disk is too full.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"'{folder}' is a file; --out needs a folder (it is made if it does not exist).")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".writable").touch()
        (folder / ".writable").unlink()
    except PermissionError as error:
        raise UserError(f"'{folder}' cannot be written to: permission denied. Choose another --out.") from error
    free = shutil.disk_usage(folder).free
    if free < NEEDED:
        raise Unavailable(
            f"The disk of '{folder}' has {free / 1e6:.0f} MB left, a run needs up to {NEEDED / 1e6:.0f} MB. "
            "Free some space or choose another --out."
        )
    inside = {path.name for path in folder.iterdir()}
    if not inside or "checkpoints" in inside:
        return
    if "results.json" in inside and "recipe.toml" in inside:
        try:
            same = _asks_the_same(read_recipe(folder / "recipe.toml"), recipe)
            same = same and read_results(folder).data.fingerprint == fingerprint
        except HeadstartError:
            same = False
        if same:
            return
        raise UserError(
            f"'{folder}' already holds a run of other data or other options. Choose another --out, or delete it."
        )
    raise UserError(
        f"'{folder}' holds files that are not a run ({', '.join(sorted(inside)[:3])}). Choose another --out."
    )


def write(adapted: Adapted, folder: Path) -> Path:
    """Write everything, then remove the checkpoints: a folder without them is a complete run."""
    results = adapted.results
    model = folder / "model"
    if model.exists():
        shutil.rmtree(model)
    card = Card(
        serves="transfer" if results.served == "transfer" else adapted.baseline_name,
        modality=results.data.modality,
        task=adapted.recipe.task,
        classes=results.data.classes,
        temperature=results.temperature,
        trained_from={
            "model": results.model.name,
            "revision": results.model.revision,
            "sha256": results.model.sha256,
            "licence": results.model.licence,
        },
    )
    if results.served == "transfer" or adapted.baseline is None:
        write_transfer(model, adapted.backbone, adapted.head, card)
    else:
        write_baseline(model, adapted.baseline, card)
    write_recipe(adapted.recipe, folder / "recipe.toml")
    write_report(results, folder)
    write_results(results, folder)
    checkpoints = folder / "checkpoints"
    if checkpoints.exists():
        shutil.rmtree(checkpoints)
    return folder


def _asks_the_same(one: Recipe, other: Recipe) -> bool:
    """Whether two recipes differ at most in the paths of the data."""
    from dataclasses import replace

    return replace(one, data="", test="") == replace(other, data="", test="")
