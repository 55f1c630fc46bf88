"""What a run is made of, as objects: the engine never looks a name up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import Backbone, BackboneInfo, LinearHead, Source
from headstart.core.baseline import Baseline
from headstart.core.dataset import NOUNS, Dataset, Unlabelled
from headstart.core.domain import FeatureMethod
from headstart.core.errors import UserError
from headstart.core.progress import Progress
from headstart.core.recipe import Budget, Recipe
from headstart.core.score import TransferScore
from headstart.core.strategy import FeatureStrategy, Strategy
from headstart.core.target_only import TargetMethod
from headstart.core.task import Task
from headstart.core.training import InputStrategy
from headstart.core.two_stream import DeepMethod
from headstart.core.validator import Validator
from headstart.distances.two_sample import FEWEST

FEWEST_DOMAINS = 3
"""Domains of which two are left when one is scored."""


@dataclass(frozen=True, kw_only=True)
class PoolMember:
    """A pretrained model that may be used, and where it comes from."""

    source: Source
    info: BackboneInfo
    named: bool = False
    """Whether it was asked for by its own name: a run without it is then not what was asked for."""
    seconds: int | None = None
    """How much of a sound is heard at a time; None: as much as the model was pretrained on."""

    @property
    def gflops(self) -> float:
        """`BackboneInfo.gflops` of an item as long as it is heard; 0 where nobody counted."""
        native = self.info.input.get("seconds")
        return self.info.gflops * self.seconds / native if self.seconds and native else self.info.gflops

    def load(self, *, pretrained: bool = True, seed: int = 0, size: int | None = None) -> Backbone:
        """The backbone, for inputs of ``size`` pixels or, where the architecture takes no such input, its own."""
        if self.seconds is not None and "seconds" in self.info.input:
            return self.source.load(self.info, pretrained=pretrained, seed=seed, size=self.seconds)
        return self.resized(size, pretrained, seed) or self.source.load(self.info, pretrained=pretrained, seed=seed)

    def classifier(self) -> LinearHead | None:
        """See `Source.classifier`."""
        return self.source.classifier(self.info)

    def resized(self, size: int | None, pretrained: bool = True, seed: int = 0) -> Backbone | None:
        """The backbone for inputs of ``size`` pixels; None where the architecture takes no such input.

        That is a text, a fixed grid of positions, or patches that do not divide the size.
        """
        if size is None or "size" not in self.info.input:
            return None
        try:
            return self.source.load(self.info, pretrained=pretrained, seed=seed, size=size)
        except UserError:
            return None

    def changed_size(self, backbone: Backbone) -> int | None:
        """The input size in pixels of a backbone loaded from here, None where it is the native one."""
        size = backbone.info.input.get("size")
        return None if size == self.info.input.get("size") else size

    def shown_size(self, backbone: Backbone) -> str:
        """`changed_size` as people read it behind a name: `` at 384 px``, or nothing."""
        size = self.changed_size(backbone)
        return f" at {size} px" if size else ""

    def pulled(self, progress: Progress) -> PoolMember:
        """The member with its weights fetched, and with what is only known of them then (checksum, dimensions).

        Raises:
            Unavailable: see `Source.pull`.
        """
        self.source.pull(self.info, progress)
        return self.refreshed()

    def refreshed(self) -> PoolMember:
        """The member with what its source knows by now."""
        return replace(self, info=self.source.find(self.info.name.partition(":")[2]) or self.info)


@dataclass(frozen=True, kw_only=True)
class Training:
    """A ``method`` that trains the body, as far as ``strategy`` says; both with the names they go by."""

    name: str
    method: DeepMethod
    strategy_name: str
    strategy: InputStrategy


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A domain without labels that the model is to be carried over to: by the way ``asked`` for among ``methods``, None
    where the guard is to decide; or by ``training``, or by what ``alone`` makes of the target's items.
    ``labelled`` are items of it by which ways are chosen.
    """

    data: Unlabelled
    methods: Mapping[str, FeatureMethod]
    validators: Mapping[str, Validator]
    asked: str | None = None
    training: Training | None = None
    alone: TargetMethod | None = None
    labelled: Dataset | None = None


@dataclass(frozen=True, kw_only=True)
class Options:
    """``pool`` holds the models to choose from, ``strategies`` the candidates by name; ``probe`` and ``scratch`` are
    the strategies of the ranking and of the control, ``baseline`` makes the simple control. ``home`` is where
    features are cached. ``destination`` is where the model is to be carried over to, if anywhere.
    """

    recipe: Recipe
    task: Task
    pool: tuple[PoolMember, ...]
    strategies: Mapping[str, Strategy]
    probe: FeatureStrategy
    probe_name: str
    scratch: InputStrategy
    baseline: type[Baseline]
    baseline_name: str
    scores: Mapping[str, TransferScore]
    budget: Budget
    home: Path
    destination: Destination | None = None

    @property
    def seed(self) -> int:
        """Seed of folds, initialisations and the order of training items."""
        return self.recipe.seed

    def member(self, name: str) -> PoolMember:
        """The pool's member called ``name``."""
        return next(member for member in self.pool if member.info.name == name)


def _all_strategies(options: Options) -> dict[str, Strategy]:
    """Those that are compared, and the one by which a body is trained towards another domain."""
    training = None if options.destination is None else options.destination.training
    return {**options.strategies, **({training.strategy_name: training.strategy} if training else {})}


def unlike(data: Dataset, target: Unlabelled) -> list[str]:
    """Why two domains cannot be compared: items of two kinds, and sides with too few that are independent."""
    kinds = []
    if data.modality != target.modality:
        kinds.append(
            f"'{data.name}' holds {NOUNS[data.modality]}s and the target '{target.name}' {NOUNS[target.modality]}s; "
            "give two of one kind."
        )
    sides = {f"'{data.name}'": data.groups[data.split.train], f"the target '{target.name}'": target.groups}
    return kinds + scarce(sides)


def scarce(sides: Mapping[str, NDArray[np.int64]]) -> list[str]:
    """Those of the ``sides``, known by their ties ``(N,)``, that have too few items which are independent."""
    return [
        f"Telling source and target apart takes {FEWEST} independent items of each at least, of which {name} has "
        f"{len(np.unique(groups))}: copies, and items of one group, count once. Add items."
        for name, groups in sides.items()
        if len(np.unique(groups)) < FEWEST
    ]


def unsuited(data: Dataset, options: Options) -> list[str]:
    """Models of the pool that are for other items, and a pool without any."""
    problems = [
        f"{member.info.name} reads {NOUNS[member.info.modality]}s, but '{data.name}' holds {NOUNS[data.modality]}s. "
        "`headstart models` lists what suits."
        for member in options.pool
        if member.info.modality != data.modality
    ]
    if not options.pool:
        kind = " with a permissive licence" if options.recipe.licence == "permissive" else ""
        problems.append(f"No pretrained model for {NOUNS[data.modality]}s{kind} was named or found.")
    return problems


def _too_few_domains(strategy: str, data: Dataset) -> list[str]:
    """Why a strategy that learns from several domains cannot learn from ``data``; empty where it can."""
    if data.domains is None:
        return [
            f"Strategy '{strategy}' learns from several domains, and '{data.name}' names none: say which column holds "
            "them with --domain (domain=), or choose another strategy."
        ]
    count = len(np.unique(data.domains[data.split.train]))
    if count >= FEWEST_DOMAINS:
        return []
    return [
        f"Strategy '{strategy}' learns from several domains, and is scored on one that it has not seen: that takes "
        f"{FEWEST_DOMAINS} to learn from, and '{data.name}' has {count}. Choose another strategy, or add domains."
    ]


def check(data: Dataset, options: Options) -> None:
    """Refuse what cannot work before anything is downloaded or computed.

    Raises:
        UserError: every problem found, together.
    """
    problems = unsuited(data, options)
    if options.destination is not None:
        problems += unlike(data, options.destination.data)
    for name, strategy in _all_strategies(options).items():
        reasons = {strategy.supports(member.info, options.task) for member in options.pool}
        if isinstance(strategy, InputStrategy) and strategy.learns_from_another and len(options.pool) == 1:
            problems.append(
                f"Strategy '{name}' learns from a larger model, and {options.pool[0].info.name} is the only one: name "
                "both with --pool."
            )
        elif isinstance(strategy, InputStrategy) and strategy.learns_from_another and options.budget.preset == "quick":
            problems.append(
                f"Strategy '{name}' learns from a larger model, and budget 'quick' measures one: allow more."
            )
        if strategy.learns_across_domains:
            problems += _too_few_domains(name, data)
        if reasons and None not in reasons:
            problems.append(f"Strategy '{name}' cannot adapt this: {' '.join(sorted(r for r in reasons if r))}")
    there = options.destination
    method = None if there is None or there.asked is None else there.alone
    reasons = {method.supports(member.info) for member in options.pool} if method else set()
    if reasons and None not in reasons:
        problems.append(
            f"Method '{options.recipe.method}' cannot change this: {' '.join(sorted(r for r in reasons if r))}"
        )
    if problems:
        raise UserError(*problems)
