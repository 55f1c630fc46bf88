"""A finished run as the source of another: carried over to a domain without labels, also when its data are gone."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from headstart import catalog
from headstart.adapting import Adaptation, located
from headstart.adapting import run as adapted_to
from headstart.asked import loaded, options_of
from headstart.bundle.domain import read_reference
from headstart.bundle.model import CARD, Card
from headstart.bundle.model import located as model_in
from headstart.bundle.recipe import read_recipe
from headstart.core.alignment import SOURCE_ONLY
from headstart.core.dataset import IN_MEMORY, NOUNS, Dataset, Unlabelled
from headstart.core.domain_reference import DomainReference
from headstart.core.errors import UserError, together
from headstart.core.progress import Progress
from headstart.core.recipe import Recipe
from headstart.core.results import Results
from headstart.ways import check_from_run, destination_from_run, odd_labelled, shared_with_test

if TYPE_CHECKING:
    from headstart.engine.adapted import Adapted
    from headstart.engine.from_reference import Finished

STAGE = "carry over"


@dataclass(frozen=True, kw_only=True)
class FinishedRun:
    """What lies in a run ``folder``; the model in ``inner`` is not read yet."""

    folder: Path
    inner: Path
    card: Card
    results: Results
    recipe: Recipe
    reference: DomainReference

    @property
    def roles(self) -> Mapping[str, str]:
        """By which columns its data were read."""
        return self.results.data.roles

    @property
    def named(self) -> Mapping[str, str]:
        """Which of them had been named."""
        return self.recipe.roles

    @classmethod
    def open(cls, folder: Path) -> FinishedRun:
        """The run in ``folder``.

        Raises:
            UserError: there is none, or its model keeps nothing that it could be carried over with.
            Unavailable: a file in it is missing or damaged.
        """
        from headstart.report.json import read_results

        inner, card = model_in(folder)
        if inner == folder:
            raise UserError(
                f"'{folder}' holds a model without the results of its run, which say what it learnt from and how well; "
                "give the run folder."
            )
        if card.domain != "training items":
            why = "holds a simple model" if card.serves != "transfer" else "keeps no features of training items"
            raise UserError(
                f"'{folder}' {why}, and cannot be carried over without its data: a run keeps them where the body of "
                "its model is as it was pretrained. Give the labelled data instead of the run, or make one by "
                "'headstart adapt' with --strategy linear_probe."
            )
        return cls(
            folder=folder,
            inner=inner,
            card=card,
            results=read_results(folder),
            recipe=read_recipe(folder / "recipe.toml"),
            reference=read_reference(inner, card.domain, classes=len(card.classes)),
        )


def is_run(source: object) -> bool:
    """Whether ``source`` is the path of a run folder, or of the model in one."""
    if not isinstance(source, str | Path) or not str(source):
        return False
    return (Path(source) / "model" / CARD).is_file() or (Path(source) / CARD).is_file()


@dataclass(frozen=True, kw_only=True)
class Target:
    """The ``items`` of a domain without labels, and others of it that have some: ``labelled`` ones to choose ways by,
    and those of a ``test``.
    """

    items: Unlabelled
    labelled: Dataset | None = None
    test: Dataset | None = None


@dataclass(frozen=True, kw_only=True)
class Onward:
    """The model of ``run`` is to be carried over to the ``target`` as the ``recipe`` asks."""

    run: FinishedRun
    target: Target
    recipe: Recipe

    @property
    def identity(self) -> Mapping[str, object]:
        """What it depends on; see `headstart.engine.identity`."""
        import numpy as np

        from headstart.engine.identity import versions
        from headstart.run_folder import noted

        kept = hashlib.sha256(np.ascontiguousarray(self.run.reference.features).tobytes())
        return {
            "versions": versions(),
            "options": asdict(self.recipe) | {"data": "", "test": "", "target": "", "labelled": ""},
            "data": self.run.results.data.fingerprint,
            "rows": kept.hexdigest(),
            "run": noted(self.run.folder),
            "models": [self.run.results.model.name],
            "target": self.target.items.fingerprint,
            "labelled": "" if self.target.labelled is None else self.target.labelled.fingerprint,
            "test": "" if self.target.test is None else self.target.test.fingerprint,
        }


def aligned(
    source: Dataset | str | Path, target: Target, recipe: Recipe, folder: Path | None, progress: Progress
) -> Adaptation:
    """What `headstart.api.align` gives: from labelled data, or from the folder of a finished run.

    Raises:
        UserError: what cannot work (all problems at once), or the folder holds something else.
        Unavailable: weights that cannot be fetched, a file of the run is damaged, or the disk is too full.
    """
    labelled = None if target.labelled is None else loaded(target.labelled, "labelled items")
    test = None if target.test is None else loaded(target.test, "test items")
    if isinstance(source, str | Path):
        return carry_on(onward(Path(source), target, recipe), folder, progress)
    if test is not None:
        raise UserError("Test items come with the data (load(..., test=)), unless a finished run is their source.")
    chosen = options_of(source, located(recipe, source, target.items, labelled), target.items, labelled)
    return adapted_to(source, chosen, folder, progress)


def onward(folder: Path, target: Target, recipe: Recipe) -> Onward:
    """What is to be done, with a recipe that reruns it from anywhere.

    Raises:
        UserError: there is no run that could be carried over.
        Unavailable: a file of the run is missing or damaged.
    """
    if not is_run(folder):
        raise UserError(
            f"'{folder}' is not the folder of a finished run; give one, or labelled data as headstart.load returns "
            "them."
        )
    recipe = replace(
        recipe,
        data=str(folder.absolute()),
        target=target.items.source,
        labelled="" if target.labelled is None else target.labelled.source or IN_MEMORY,
        test="" if target.test is None else target.test.source or IN_MEMORY,
    )
    return Onward(run=FinishedRun.open(folder), target=target, recipe=recipe)


def carry_on(onward: Onward, folder: Path | None, progress: Progress) -> Adaptation:
    """What is to be done, written to ``folder`` if there is one; read from there if it holds it.

    Raises:
        UserError: what cannot work (all problems at once), or the folder holds something else.
        Unavailable: a file of the run is damaged, or the disk is too full.
    """
    check(onward)
    if folder is None:
        adapted = _computed(onward, progress)
        return Adaptation(adapted.results, adapted.recipe, adapted)
    from headstart.run_claim import held

    there = [onward.target.items, onward.target.labelled, onward.target.test]
    with held(folder, progress, [str(onward.run.folder), *(each.source for each in there if each is not None)]):
        return _written(onward, folder, progress)


def _written(onward: Onward, folder: Path, progress: Progress) -> Adaptation:
    from headstart.engine.identity import code
    from headstart.run_claim import claim
    from headstart.run_folder import finished, write

    claim(folder, onward.recipe, onward.identity)
    done = finished(folder, onward.identity, code())
    if done is not None:
        progress.say(f"'{folder}' holds this very run; delete it to have it computed again.")
        return Adaptation(done, onward.recipe, folder)
    adapted = _computed(onward, progress)
    write(adapted, folder)
    return Adaptation(adapted.results, adapted.recipe, adapted)


def check(onward: Onward) -> None:
    """Refuse what cannot work.

    Raises:
        UserError: all that is wrong.
    """
    together(lambda: check_from_run(onward.recipe), lambda: _check_items(onward))


def _check_items(onward: Onward) -> None:
    from headstart.engine.options import scarce

    data, target, problems = onward.run.results.data, onward.target, list[str]()
    if target.items.modality != data.modality:
        problems.append(
            f"The model of '{onward.run.folder}' reads {NOUNS[data.modality]}s, and the target '{target.items.name}' "
            f"holds {NOUNS[target.items.modality]}s; give {NOUNS[data.modality]}s."
        )
    problems += scarce({f"the target '{target.items.name}'": target.items.groups})
    for called, found in (("labelled", target.labelled), ("test", target.test)):
        if found is not None:
            problems += odd_labelled(found, called, data.name, data.modality, data.classes)
    if target.labelled is not None and target.test is not None:
        problems += shared_with_test(target.test, target.test.split.train, target.labelled)
    if problems:
        raise UserError(*problems)


def _computed(onward: Onward, progress: Progress) -> Adapted:
    from headstart.core.home import home
    from headstart.data._preview import preview
    from headstart.engine.adapted import Adapted
    from headstart.engine.environment import environment
    from headstart.engine.from_reference import carry_over
    from headstart.engine.headline import carried

    started, run, target = time.perf_counter(), onward.run, onward.target
    model = _model(run)
    found = carry_over(
        model,
        destination_from_run(target.items, onward.recipe, target.labelled, target.test),
        target.test,
        home=home(),
        preview=preview,
        seed=onward.recipe.seed,
        progress=progress,
    )
    before = run.results
    said = before.headline if before.across is None else before.headline.removeprefix(f"{carried(before.across)} ")
    where = "" if found.across.difference is None else "In the training items' own domain: "
    results = replace(
        before,
        headline=f"{carried(found.across)} {where}{said}",
        domains=(found.card, *(card for card in before.domains if card.second == "test items")),
        across=found.across,
        seconds={STAGE: time.perf_counter() - started},
        environment=environment(str(before.environment["dtype"])),
        seed=onward.recipe.seed,
    )
    return Adapted(
        recipe=onward.recipe,
        backbone=model.backbone,
        head=found.head,
        baseline=None,
        baseline_name="",
        results=results,
        arithmetic=run.card.arithmetic,
        identity=onward.identity,
        reference=model.reference if found.across.alignment.taken == SOURCE_ONLY else None,
    )


def _model(run: FinishedRun) -> Finished:
    """The model, read.

    Raises:
        Unavailable: it is damaged.
    """
    from headstart.backbones.local import read_exported
    from headstart.engine.from_reference import Finished

    exported, classes = read_exported(run.inner), run.card.classes
    assert run.card.domain == "training items"
    return Finished(
        backbone=exported.backbone,
        head=exported.head,
        temperature=run.card.temperature,
        arithmetic=run.card.arithmetic,
        reference=read_reference(run.inner, run.card.domain, width=exported.head.weight.shape[1], classes=len(classes)),
        task=catalog.tasks.get(run.card.task)(classes=classes),
    )
