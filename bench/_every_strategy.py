"""Every strategy on one draw of a set, and what `auto` would have chosen among them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from headstart import catalog
from headstart.asked import options_of
from headstart.core.backbone import Backbone, LinearHead
from headstart.core.dataset import Dataset
from headstart.core.progress import Silent
from headstart.core.recipe import Recipe
from headstart.core.strategy import FeatureStrategy, Strategy
from headstart.core.training import InputStrategy
from headstart.engine.adapt import label
from headstart.engine.contest import hold, with_teacher
from headstart.engine.device import hand_back_memory
from headstart.engine.final import settle
from headstart.engine.items import Items, items_of
from headstart.engine.journal import Journal
from headstart.engine.loop import Diverged
from headstart.engine.outputs import probabilities_of
from headstart.engine.prepare import prepare
from headstart.engine.rank import Entrant, rank
from headstart.engine.run import Run
from headstart.engine.trials import Contender, encode_once, fit_all, train

MODELS = {"image": "packaged:efficientnet_lite0", "text": "packaged:minilm_l6"}
TEACHERS: Mapping[str, str] = {"image": "packaged:efficientnet_lite2"}
"""For strategies that learn from a larger model; there is no such sentence encoder among the packaged ones."""
AUTO = "auto"
LEFT_OUT = ("scratch",)
"""A control and no way to adapt."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Balanced accuracy on the test part, None where the strategy cannot be had, and the ``seconds`` that adapting and
    scoring took beside whatever else the machine did; ``chose`` is what `auto` took.
    """

    set: str
    labels: int
    draw: int
    strategy: str
    balanced_accuracy: float | None
    chose: str = ""
    seconds: float = 0.0


def strategies() -> tuple[str, ...]:
    """`auto` and every way to adapt that needs no domains."""
    known = (name for name in catalog.strategies.names() if name not in LEFT_OUT)
    return (AUTO, *(name for name in known if not catalog.strategies.get(name).learns_across_domains))


def outcomes(data: Dataset, name: str, labels: int, draw: int, wanted: Collection[str]) -> list[Outcome]:
    """Of those `strategies` that are ``wanted``, on one model."""
    run, test = run_of(data, draw, [MODELS[data.modality]]), items_of(data, data.split.test)
    targets = data.targets[data.split.test]
    (entrant,) = rank(run).taken
    known = {"set": name, "labels": labels, "draw": draw}

    def scored(contender: Contender, backbone: Backbone, head: LinearHead, frozen: bool) -> float:
        encoder = contender.encoder
        found = encoder.encode(test, "test").features if frozen else encode_once(backbone, test, contender)
        chances = probabilities_of(head.logits(found), run.data.task)
        return float(run.data.task.metrics(chances, targets)["balanced_accuracy"])

    found: list[Outcome] = []
    if AUTO in wanted:
        started = time.perf_counter()
        settled = settle(hold([entrant], run), run)
        model, trial = settled.model, settled.chosen.trial
        reached = scored(trial.contender, model.backbone, model.head, model.frozen)
        seconds = time.perf_counter() - started
        found.append(
            Outcome(**known, strategy=AUTO, balanced_accuracy=reached, chose=trial.strategy_name, seconds=seconds)
        )
    members = catalog.strategies.create()
    for each, member in members.items():
        if each not in wanted or each in LEFT_OUT:
            continue
        strategy = member.paced(len(run.data.items)) if isinstance(member, InputStrategy) else member
        taught = isinstance(strategy, InputStrategy) and strategy.learns_from_another
        known_to_work = strategy.supports(entrant.native.backbone.info, run.data.task) is None
        reached, started = None, time.perf_counter()
        if taught and known_to_work and data.modality in TEACHERS:
            reached = _alone(each, strategy, *_with_a_teacher(data, draw), scored)
        elif known_to_work and not taught:
            reached = _alone(each, strategy, entrant, run, scored)
        seconds = time.perf_counter() - started
        found.append(Outcome(**known, strategy=each, balanced_accuracy=reached, seconds=seconds))
        hand_back_memory()
    return found


def _with_a_teacher(data: Dataset, draw: int) -> tuple[Entrant, Run]:
    """The model with a larger one to learn from."""
    run = run_of(data, draw, (MODELS[data.modality], TEACHERS[data.modality]))
    entrants = rank(run).taken
    student = next(each for each in entrants if each.native.name == MODELS[data.modality])
    return replace(student, native=with_teacher(student, entrants)), run


def _alone(
    name: str,
    strategy: Strategy,
    entrant: Entrant,
    run: Run,
    scored: Callable[[Contender, Backbone, LinearHead, bool], float],
) -> float | None:
    """One strategy on all training items; None where it diverges."""
    if isinstance(strategy, FeatureStrategy):
        contender = entrant.probe.contender.read_by(strategy, run)
        return scored(contender, contender.backbone, fit_all(strategy, contender, run), True)
    assert isinstance(strategy, InputStrategy)
    contender = entrant.native
    try:
        fitted = train(contender, strategy, run, np.arange(len(run.data.items)), piece=name, stage=name)
    except Diverged:
        return None
    return scored(contender, fitted.backbone, fitted.head, False)


def run_of(data: Dataset, draw: int, models: Sequence[str]) -> Run:
    options = options_of(data, Recipe(pool=tuple(models), seed=draw))
    items: Items = items_of(data, data.split.train)
    journal = Journal(None, {})
    fetched, plan = prepare(options, items, journal, Silent())
    labelled, _ = label(data, items, fetched.options, plan)
    return Run(options=fetched.options, plan=plan, data=labelled, journal=journal, progress=Silent())
