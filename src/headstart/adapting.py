"""A run from objects to a folder: claimed, computed unless it is there, written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from headstart.core.dataset import IN_MEMORY, Dataset, Unlabelled
from headstart.core.progress import Progress, Silent
from headstart.core.recipe import Recipe
from headstart.core.results import Results

if TYPE_CHECKING:
    from headstart.engine.adapted import Adapted
    from headstart.engine.options import Options


class Adaptation:
    """An adapted model with its evidence: what `adapt` returns."""

    def __init__(self, results: Results, recipe: Recipe, source: Adapted | Path) -> None:
        """``source`` is the model and all that belongs to it, or the run folder it lies in."""
        self.results = results
        """Every number of the report."""
        self.recipe = recipe
        """What was asked for."""
        self._source = source

    def save(self, folder: str | Path) -> Path:
        """Write the run folder: report, results, recipe, model. Returns its path.

        Raises:
            UserError: the folder holds something else, or another process is at work there.
            Unavailable: the disk is too full.
        """
        from headstart.run_claim import claim, held
        from headstart.run_folder import copy, noted, write

        path, source = Path(folder), self._source
        with held(path, Silent()):
            known = noted(source) if isinstance(source, Path) else source.identity
            claim(path, self.recipe, {**known, "data": self.results.data.fingerprint})
            return copy(source, path) if isinstance(source, Path) else write(source, path)

    def __str__(self) -> str:
        return self.results.headline

    def __repr__(self) -> str:
        return f"<Adaptation: {self.results.headline}>"


def run(data: Dataset, options: Options, folder: Path | None, progress: Progress) -> Adaptation:
    """The adaptation that ``options`` ask for, written to ``folder`` if there is one; read from there if it holds it.

    Raises:
        UserError: the folder holds something else, or another process is at work there.
        Unavailable: weights that cannot be fetched, or no room on the disk.
    """
    if folder is None:
        return _computed(data, options, None, progress)
    from headstart.run_claim import held

    there = [] if options.destination is None else [options.destination.data, options.destination.labelled]
    with held(folder, progress, [data.source, data.test_source, *(each.source for each in there if each is not None)]):
        done = _claimed(folder, data, options, progress)
        if done is not None:
            return Adaptation(done, options.recipe, folder)
        return _computed(data, options, folder, progress)


def _computed(data: Dataset, options: Options, folder: Path | None, progress: Progress) -> Adaptation:
    """The work itself, written to ``folder`` if there is one."""
    from headstart.data._preview import preview
    from headstart.engine.adapt import adapt as adapt_data
    from headstart.run_folder import write

    checkpoints = None if folder is None else folder / "checkpoints"
    adapted = adapt_data(data, options, journal_folder=checkpoints, preview=preview, progress=progress)
    if folder is not None:
        write(adapted, folder)
    return Adaptation(adapted.results, adapted.recipe, adapted)


def _claimed(folder: Path, data: Dataset, options: Options, progress: Progress) -> Results | None:
    """See that this run may write to ``folder``; its results, if it has been there before and was finished."""
    from headstart.engine.identity import code, identity
    from headstart.run_claim import claim
    from headstart.run_folder import complete, finished

    depends_on = identity(data, options)
    claim(folder, options.recipe, depends_on)
    done = finished(folder, depends_on, code())
    if done is None or not still_there(done, options):
        if complete(folder):
            progress.say(
                f"'{folder}' holds this run as another state of the program, its libraries or the weights made it: it "
                "is computed anew."
            )
        return None
    progress.say(f"'{folder}' holds this very run; delete it to have it computed again.")
    return done


def still_there(results: Results, options: Options) -> bool:
    """Whether the store does not hold other weights of the chosen model by now."""
    member = options.member(results.model.name)
    return not member.source.in_store(member.info) or member.refreshed().info.sha256 == results.model.sha256


def located(recipe: Recipe, data: Dataset, target: Unlabelled | None = None, labelled: Dataset | None = None) -> Recipe:
    """The recipe with the absolute paths of the data and the columns named, so that it reruns from anywhere.

    Where test data or labelled items of a target came as objects, it says so, and a rerun without them is refused.
    """
    if target is not None:
        recipe = replace(
            recipe, target=target.source, labelled="" if labelled is None else labelled.source or IN_MEMORY
        )
    if not data.source:
        return recipe
    return replace(recipe, data=data.source, test=data.test_source, roles=dict(data.named))
