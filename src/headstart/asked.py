"""From names to objects: what is asked for, checked before anything is read or fetched."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import catalog
from headstart.candidates import candidates, paced
from headstart.core.dataset import Dataset, Modality, Unlabelled
from headstart.core.errors import UserError, together
from headstart.core.home import home
from headstart.core.recipe import Budget, Recipe
from headstart.core.strategy import FeatureStrategy
from headstart.core.training import InputStrategy
from headstart.pool import parts_of, resolve
from headstart.ways import PROBE, SCRATCH, check_method, destination, strategy_part

if TYPE_CHECKING:
    from headstart.engine.options import Options, PoolMember


def check_names(recipe: Recipe, modality: Modality | None = None) -> None:
    """Refuse unknown names, a wrong budget or a wrong seed in a recipe before any data are read.

    Raises:
        UserError: every problem found, together.
    """
    together(
        lambda: _check_seed(recipe.seed),
        lambda: Budget.parse(recipe.budget),
        lambda: catalog.tasks.get(recipe.task),
        lambda: candidates(strategy_part(recipe)),
        lambda: resolve(recipe.model, recipe.pool, modality, recipe.licence),
        lambda: check_method(recipe),
    )


def _check_seed(seed: int) -> None:
    if seed < 0:
        raise UserError(f"Seed {seed} is negative; give a whole number from 0 on.")


def either(recipe: Recipe | None, options: Recipe, usual: Recipe) -> Recipe:
    """``options`` where there is no ``recipe``, which else is taken, if none of them differs from what is ``usual``.

    Raises:
        UserError: some do, all of which are named.
    """
    if recipe is None:
        return options
    given, known = dataclasses.asdict(options), dataclasses.asdict(usual)
    beside = [f"{name}={value!r}" for name, value in given.items() if name != "roles" and value != known[name]]
    if beside:
        raise UserError(
            f"Both a recipe and {', '.join(beside)} were given: what a recipe says is not changed by options beside it."
            f" Change the recipe (dataclasses.replace(recipe, {', '.join(beside)})), or leave it out."
        )
    return recipe


def loaded(data: Any, called: str = "data") -> Dataset:
    """``data``, as people have ``called`` them, if they are what `headstart.load` returned.

    Raises:
        UserError: they are not.
    """
    if not isinstance(data, Dataset):
        kind = type(data).__name__
        raise UserError(f"The {called} are a {kind}, expected what headstart.load returns: load them first.")
    return data


def unlabelled(target: Any) -> Unlabelled:
    """``target``, if it is what `headstart.load_unlabelled` returned.

    Raises:
        UserError: it is not.
    """
    if not isinstance(target, Unlabelled):
        raise UserError(
            f"The target is a {type(target).__name__}, expected what headstart.load_unlabelled returns: load it first."
        )
    return target


def options_of(
    data: Dataset,
    recipe: Recipe,
    target: Unlabelled | None = None,
    labelled: Dataset | None = None,
    *,
    scored: bool = True,
) -> Options:
    """What the engine works with: objects instead of names. Where nothing is ``scored``, any model will do.

    Raises:
        UserError: names that are not known, or a model that knows the labels; all problems of a step at once.
    """
    from headstart.engine.options import Options

    check_names(recipe, data.modality)
    pool = resolve(recipe.model, recipe.pool, data.modality, recipe.licence)
    if scored:
        _refuse_seen(pool, data)
    strategies = {} if recipe.method else paced(candidates(recipe), len(data.split.train))
    probe = strategies.get(PROBE) or catalog.strategies.get(PROBE)()  # one that is compared ranks models, too
    scratch = catalog.strategies.get(SCRATCH)()
    assert isinstance(probe, FeatureStrategy)
    assert isinstance(scratch, InputStrategy)
    seconds = _heard(data)
    baseline = next(n for n in catalog.baselines.names() if catalog.baselines.get(n).modality == data.modality)
    return Options(
        recipe=recipe,
        task=catalog.tasks.get(recipe.task)(classes=data.classes),
        pool=tuple(replace(one, seconds=seconds) for one in pool),
        strategies=strategies or {PROBE: probe},
        probe=probe,
        probe_name=PROBE,
        scratch=scratch,
        baseline=catalog.baselines.get(baseline),
        baseline_name=baseline,
        scores=catalog.scores.create(),
        budget=Budget.parse(recipe.budget),
        home=home(),
        destination=None if target is None else destination(data, target, recipe, labelled),
    )


def _refuse_seen(pool: Sequence[PoolMember], data: Dataset) -> None:
    """Without a test split scores come of cross-validation, and mean nothing of a body that knows all the labels.

    Raises:
        UserError: a model was trained on these very data.
    """
    from headstart.run_folder import trained_on

    if len(data.split.test):
        return
    parts = dict.fromkeys(part for one in pool for part in parts_of(one.info.name) if part.startswith("local:"))
    seen = [name for name in parts if trained_on(Path(name.partition(":")[2]).expanduser()) == data.fingerprint]
    if seen:
        raise UserError(
            *(
                f"{name} was trained on these very data: cross-validation would score it on items whose labels it "
                "knows. Name the model that it came from, or test data of their own (--test)."
                for name in seen
            )
        )


def _heard(data: Dataset) -> int | None:
    """Seconds that a model hears at a time; None where the data are no sounds."""
    if data.modality != "audio":
        return None
    from headstart.engine.hearing import seconds_heard

    return seconds_heard(data.seconds[data.split.train])


def names(pool: Sequence[str]) -> tuple[str, ...]:
    """``pool`` as a recipe holds it.

    Raises:
        UserError: it is a text, which would be taken for a list of letters.
    """
    if isinstance(pool, str):
        raise UserError(f"pool takes a list of names, got one str: put it in a list, ['{pool}'].")
    return tuple(pool)
