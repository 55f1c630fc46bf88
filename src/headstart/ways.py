"""Ways across to another domain, from names to objects: what a method is combined with, and what its settings are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from headstart import catalog
from headstart.candidates import candidates
from headstart.core.alignment import TRANSDUCTIVE
from headstart.core.dataset import NOUNS, Dataset, Issue, Modality, Split, Unlabelled
from headstart.core.domain import DomainMethod, FeatureMethod
from headstart.core.errors import UserError
from headstart.core.recipe import Recipe
from headstart.core.settings import Value, changed, settings_of
from headstart.core.target_only import TargetMethod
from headstart.core.training import InputStrategy
from headstart.core.two_stream import DeepMethod
from headstart.core.words import counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from headstart.engine.options import Destination, Training

PROBE = "linear_probe"
SCRATCH = "scratch"
AUTO = "auto"
TRAINED = "last_blocks"
"""The strategy by which bodies are trained towards another domain, unless another is named."""


def strategy_for(method: str) -> str:
    """The strategy that goes with a way across where none is named."""
    return TRAINED if method in catalog.domains.names() and _trains(method) else PROBE


def _trains(method: str) -> bool:
    return method != AUTO and issubclass(catalog.domains.get(method), DeepMethod)


def check_method(recipe: Recipe) -> None:
    """Refuse a way across that is not known, or that does not go with the recipe's strategy or settings.

    Raises:
        UserError: what is wrong, and what to do.
    """
    if recipe.target and not recipe.method:
        raise UserError(f"The recipe has a target ('{recipe.target}') and no method; give it one, such as 'auto'.")
    if not recipe.method:
        return
    trains, pair = _trains(recipe.method), f"Method '{recipe.method}' and strategy '{recipe.strategy}'"
    if not trains and recipe.strategy != PROBE:
        raise UserError(
            f"{pair} do not go together: this method starts from the probe's head. Leave the strategy out, or set "
            f"it to '{PROBE}'."
        )
    if recipe.method != AUTO:
        method_of(recipe)
    elif recipe.settings:
        raise UserError(
            f"Settings ({', '.join(recipe.settings)}) belong to one method, and the method is 'auto': name the one "
            "they are for."
        )
    if not trains:
        return
    strategy = None if recipe.strategy == AUTO else next(iter(candidates(strategy_part(recipe)).values()))
    if not isinstance(strategy, InputStrategy) or recipe.strategy == SCRATCH:
        raise UserError(
            f"{pair} do not go together: the method trains a pretrained body, and the strategy does not. Leave the "
            f"strategy out ('{TRAINED}' is usual), or name 'lp_ft', which trains all of it."
        )
    if not strategy.plain:
        raise UserError(
            f"{pair} do not go together: the strategy adds to the loss, blends, averages or holds items out, and what "
            f"is added here is the method. Name one that only says what is trained, such as '{TRAINED}', 'lp_ft' or "
            "'lora'."
        )


SETTLED = ("roles", "task", "model", "pool", "licence", "strategy", "budget")
"""What of a recipe is settled by the run that it goes on from."""


def check_from_run(recipe: Recipe) -> None:
    """Refuse what cannot be asked for where a finished run is the source: it keeps features of training items only.

    Raises:
        UserError: options that come with the run, or a method that changes the body; all of it.
    """
    problems, usual, asked = [], asdict(Recipe(strategy=PROBE)), asdict(recipe)
    if recipe.method != AUTO and not issubclass(catalog.domains.get(recipe.method), FeatureMethod):
        able = [name for name in catalog.domains.names() if issubclass(catalog.domains.get(name), FeatureMethod)]
        problems.append(
            f"Method '{recipe.method}' changes the body, which takes the training items themselves, and a run keeps "
            f"their features only: name one of {', '.join(able)}, or give the labelled data instead of the run."
        )
        usual["strategy"] = recipe.strategy  # it came with the method
    settled = [name for name in SETTLED if asked[name] != usual[name]]
    if settled:
        problems.append(
            f"{' and '.join(settled)} come with the run, and cannot be asked for where it is the source: leave them "
            "out, or give the labelled data instead of the run."
        )
    if problems:
        raise UserError(*problems)


def destination_from_run(
    target: Unlabelled, recipe: Recipe, labelled: Dataset | None, test: Dataset | None
) -> Destination:
    """Where the model of a finished run is to be carried over to; `check_from_run` has nothing against it."""
    from headstart.engine.options import Destination

    if test is not None:
        rows = test.split.train
        target = _with_overlap(target, replace(test, split=Split(train=rows[:0], test=rows, origin="given")))
    return Destination(
        data=target,
        methods=_on_features(_methods(recipe)),
        validators=catalog.validators.create(),
        asked=None if recipe.method == AUTO else recipe.method,
        labelled=labelled,
    )


def _methods(recipe: Recipe) -> Mapping[str, DomainMethod]:
    """Those that ``auto`` considers, or the one that is named, by name."""
    if recipe.method != AUTO:
        return {recipe.method: method_of(recipe)}
    return {name: each for name, each in catalog.domains.create().items() if type(each).candidate}


def _on_features(methods: Mapping[str, DomainMethod]) -> dict[str, FeatureMethod]:
    return {name: each for name, each in methods.items() if isinstance(each, FeatureMethod)}


def method_of(recipe: Recipe) -> DomainMethod:
    """The method that is named, with its settings.

    Raises:
        UserError: it is not known, or has no such settings.
    """
    member = catalog.domains.get(recipe.method)()
    own, others = _shared_out(recipe.settings, member)
    if isinstance(member, DeepMethod):
        return changed(member, recipe.method, own, noun="method")
    return changed(member, recipe.method, {**own, **others}, noun="method")


def strategy_part(recipe: Recipe) -> Recipe:
    """The recipe with those settings that are the strategy's; of those that both have, the method's count."""
    if not recipe.method:
        return recipe
    if not _trains(recipe.method):
        return replace(recipe, settings={})
    return replace(recipe, settings=_shared_out(recipe.settings, catalog.domains.get(recipe.method)())[1])


def _shared_out(given: Mapping[str, Value], member: DomainMethod) -> tuple[dict[str, Value], dict[str, Value]]:
    """The settings that ``member`` has, and the others."""
    known = {setting.name for setting in settings_of(member)}
    own = {name: value for name, value in given.items() if name in known}
    return own, {name: value for name, value in given.items() if name not in known}


def destination(data: Dataset, target: Unlabelled, recipe: Recipe, labelled: Dataset | None) -> Destination:
    """Where the model is to be carried over to, and by what; `check_method` has nothing against it.

    Raises:
        UserError: the labelled items do not go with the data.
    """
    from headstart.engine.options import Destination

    if labelled is not None:
        _check_labelled(labelled, data)
    made = _methods(recipe)
    method = made.get(recipe.method)
    alone = [each for each in made.values() if isinstance(each, TargetMethod)]
    return Destination(
        data=_with_overlap(target, data),
        methods=_on_features(made),
        validators=catalog.validators.create(),
        asked=None if recipe.method == AUTO else recipe.method,
        training=_training(method, recipe, max(len(data.split.train), len(target))),
        alone=next(iter(alone), None),
        labelled=labelled,
    )


def _check_labelled(labelled: Dataset, data: Dataset) -> None:
    """Refuse labelled items that ways cannot be chosen by.

    Raises:
        UserError: they are of another kind, have other classes, or are test items, too; all of it.
    """
    problems = odd_labelled(labelled, "labelled", data.name, data.modality, data.classes)
    problems += shared_with_test(data, data.split.test, labelled)
    if problems:
        raise UserError(*problems)


def odd_labelled(found: Dataset, called: str, name: str, modality: Modality, classes: Sequence[str]) -> list[str]:
    """What is wrong with items of the target that have labels, as people have ``called`` them, beside the data ``name``
    of this modality with these ``classes``.
    """
    problems = []
    if found.modality != modality:
        problems.append(
            f"'{name}' holds {NOUNS[modality]}s and the {called} items '{found.name}' {NOUNS[found.modality]}s; give "
            "two of one kind."
        )
    strange = [each for each in found.classes if each not in classes]
    if strange:
        problems.append(
            f"The {called} items '{found.name}' have classes that '{name}' does not: {', '.join(strange)}. Name them "
            f"like those of the data ({', '.join(classes)}), or leave them out."
        )
    return problems


def shared_with_test(data: Dataset, tested: NDArray[np.int64], labelled: Dataset) -> list[str]:
    """What is wrong where some of the ``tested`` rows are ``labelled`` items, too."""
    shared = int(_copies(data, tested, labelled).sum())
    if not shared:
        return []
    return [
        f"{counted(shared, 'item')} of the test data are among the labelled items '{labelled.name}', or copies of "
        "some: what ways are chosen by cannot score them. Give each to one of the two."
    ]


def _copies(data: Dataset, rows: NDArray[np.int64], other: Dataset | Unlabelled) -> NDArray[np.bool_]:
    """Which of ``rows (R,)`` are among the items of ``other``, or copies; none where items are of another kind."""
    import numpy as np

    from headstart.data._overlap import copies

    return copies(data, rows, other) if data.modality == other.modality else np.zeros(len(rows), dtype=bool)


def _with_overlap(target: Unlabelled, data: Dataset) -> Unlabelled:
    """The target with a warning where it holds items of the data: test items are then the very ones that the model is
    carried over to, and training items are of its domain already.
    """
    import numpy as np

    found, tested = [], len(data.split.test)
    same = _copies(data, np.concatenate([data.split.test, data.split.train]), target)
    if shared := int(same[:tested].sum()):
        sentence = (
            f"{shared:,} of {counted(len(data.split.test), 'test item')} are among the items of the target, or copies "
            "of some: they are scored without their labels having been seen, but the model was carried over to these "
            "very items, and may do less well on new ones."
        )
        found.append(Issue(code=TRANSDUCTIVE, severity="warning", message=sentence, count=shared))
    if shared := int(same[tested:].sum()):
        sentence = (
            f"{shared:,} of {counted(len(data.split.train), 'training item')} are among the items of the target, or "
            "copies of some: the model learns from them with their labels, so that they are no items of another domain."
        )
        found.append(Issue(code="learnt_target", severity="warning", message=sentence, count=shared))
    return replace(target, issues=(*found, *target.issues)) if found else target


def _training(method: DomainMethod | None, recipe: Recipe, items: int) -> Training | None:
    """The method with the strategy that says what it trains, for so many ``items`` on the larger side; None where it
    works on frozen features.
    """
    if not isinstance(method, DeepMethod):
        return None
    from headstart.engine.options import Training

    (strategy,) = candidates(strategy_part(recipe)).values()
    assert isinstance(strategy, InputStrategy)
    return Training(
        name=recipe.method,
        method=method,
        strategy_name=recipe.strategy,
        strategy=_as_long_as_said(strategy.lasting(method.epochs), recipe).paced(items),
    )


def _as_long_as_said(strategy: InputStrategy, recipe: Recipe) -> InputStrategy:
    """Epochs that were asked for are no fewer and no more, however few steps they make."""
    if "epochs" not in recipe.settings:
        return strategy
    this: Any = strategy
    return replace(this, schedule=replace(strategy.schedule, least_steps=0))
