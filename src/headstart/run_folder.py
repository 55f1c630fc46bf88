"""The run folder: the report and the model side by side. `headstart.run_claim` claims it before the work."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from headstart.bundle.model import Card, write_baseline, write_transfer
from headstart.bundle.recipe import write_recipe
from headstart.catalog import strategies
from headstart.core.alignment import NORMALISATION
from headstart.core.errors import HeadstartError
from headstart.core.results import ModelRecord, Results
from headstart.core.training import InputStrategy
from headstart.engine.adapted import Adapted
from headstart.report.html import write_report
from headstart.report.json import read_results, write_results

CHECKPOINTS = "checkpoints"
WRITTEN = ("report.html", "results.json", "recipe.toml", "model", "run.json")
"""What a complete run folder holds."""
NOTE = "run.json"
"""What a run depends on: among the checkpoints of one under way, where `headstart.engine.journal` writes it, and beside
the report of a finished one."""


def complete(folder: Path) -> bool:
    """Whether a run there came to its end, and nothing of it is missing."""
    return not (folder / CHECKPOINTS).exists() and all((folder / name).exists() for name in WRITTEN)


def finished(folder: Path, identity: Mapping[str, object], code: tuple[str, bool]) -> Results | None:
    """The results in ``folder`` if they are complete and depend on just the same as a run with this ``identity`` would.

    ``code`` is the commit of the program and whether it has changes since, which nobody can tell from others.
    """
    commit, changed = code
    if changed or not complete(folder):
        return None
    try:
        found = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        results = read_results(folder)
    except (OSError, ValueError, HeadstartError):
        return None
    same = found == json.loads(json.dumps(dict(identity), default=str)) and results.environment["commit"] == commit
    return results if same else None


def noted(folder: Path) -> Mapping[str, object]:
    """What the finished run in ``folder`` depends on; empty where its note is gone or damaged."""
    try:
        found = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def trained_on(folder: Path) -> str:
    """Fingerprint of the data whose labels the body in ``folder``, a run folder or the model in one or a part of that,
    was trained on; "" where it was not, or nobody knows.
    """
    for place in (folder, *folder.absolute().parents[:2]):
        if (place / NOTE).is_file():
            try:
                results = read_results(place)
            except HeadstartError:
                return ""
            return results.data.fingerprint if _learnt(results) and results.served == "transfer" else ""
    return ""


def _learnt(results: Results) -> bool:
    """Whether labels changed the body: by the strategy, or by the method that carried the model over."""
    across = "" if results.across is None else results.across.alignment.trained
    return issubclass(strategies.get(results.strategy), InputStrategy) or across not in ("", NORMALISATION)


def copy(source: Path, folder: Path) -> Path:
    """What `write` wrote, once more, without checkpoints that a run had left there; the report names the new folder."""
    if source.resolve() != folder.resolve():
        _remove_whole(folder / CHECKPOINTS)
        for name in WRITTEN:
            part = source / name
            if part.is_dir():
                shutil.rmtree(folder / name, ignore_errors=True)
                shutil.copytree(part, folder / name)
            else:
                shutil.copyfile(part, folder / name)
        write_report(read_results(folder), folder)
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
        column=results.data.roles.get("input", ""),
    )
    if not simple:
        write_transfer(model, adapted.backbone, adapted.head, card, adapted.reference)
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
