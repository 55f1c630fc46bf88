"""A finished model carried over to a domain without labels by what it keeps of its own: the data are not needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.core.alignment import SOURCE_ONLY, Alignment
from headstart.core.backbone import Backbone, LinearHead
from headstart.core.dataset import Dataset
from headstart.core.domain_card import DomainCard
from headstart.core.domain_reference import DomainReference
from headstart.core.progress import Progress
from headstart.core.results import Across, FewRecord, Interval
from headstart.core.task import Task
from headstart.engine.align import Means, Source, decided, tried_out
from headstart.engine.arithmetic import Arithmetic
from headstart.engine.compare import compare
from headstart.engine.crossing import CARDED, MOST, few_of, target_record
from headstart.engine.domain_card import ItemsSide, NotedSide, Preview, domain_card
from headstart.engine.draws import one_of_each
from headstart.engine.estimates import Sample
from headstart.engine.features import Encoder
from headstart.engine.few import chosen
from headstart.engine.intervals import mean_interval
from headstart.engine.items import Items, Names, items_of
from headstart.engine.options import Destination
from headstart.engine.outputs import probabilities_of
from headstart.engine.threads import modest_threads
from headstart.heads.soft import fit_soft


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A model with a body as it was pretrained: its ``head`` has the ``temperature`` folded in, ``arithmetic`` notes
    how the body is run. The ``reference`` holds training items with their targets.
    """

    backbone: Backbone
    head: LinearHead
    temperature: float
    arithmetic: Mapping[str, Any]
    reference: DomainReference
    task: Task


@dataclass(frozen=True, kw_only=True)
class CarriedOver:
    """The ``head`` for the target, or the one there was, and how that came about."""

    head: LinearHead
    across: Across
    card: DomainCard


def carry_over(
    model: Finished,
    to: Destination,
    test: Dataset | None,
    *,
    home: Path | None,
    preview: Preview,
    seed: int,
    progress: Progress,
) -> CarriedOver:
    """Give the ``model`` another head where the guard lets it; all of ``test`` are items of the target to score on.

    As `headstart.engine.crossing` does it with the training items themselves, but for statistics of BatchNorm, which
    take these very items.

    Raises:
        UserError: there are too few independent items to tell the domains apart.
    """
    with modest_threads(len(to.data)):
        encoder = Encoder(model.backbone, home, progress, like=Arithmetic.here(model.arithmetic))
        rows = one_of_each(to.data.groups, seed)
        seen = items_of(to.data, rows[:MOST])
        features = _features(encoder, seen, "features of the target")
        heads, alignment = _tried(model, features, to, seed, progress)
        few = None
        if to.labelled is not None:
            alignment, few = _chosen(model, heads, alignment, to.labelled, encoder)
        head = heads[alignment.taken]
        before = difference = None
        if test is not None and alignment.taken != SOURCE_ONLY:
            before, difference = _gain(model, head, test, encoder)
        shown = min(CARDED, len(seen))
        card = domain_card(
            NotedSide(name=model.reference.of, features=model.reference.features, noted=model.reference.looks),
            ItemsSide(
                name="items of the target",
                features=features[:shown],
                items=seen.subset(np.arange(shown)),
                ids=Names(to.data, rows[:shown]),
                preview=preview,
            ),
            progress=progress,
            seed=seed,
        )
    across = Across(
        target=target_record(to.data, len(rows)),
        alignment=alignment,
        labelled=few,
        before=before,
        difference=difference,
    )
    return CarriedOver(head=head, across=across, card=card)


def _tried(
    model: Finished, features: NDArray[np.floating], to: Destination, seed: int, progress: Progress
) -> tuple[dict[str, LinearHead], Alignment]:
    """The head of every way, and what the guard says of them."""
    reference = model.reference
    assert reference.targets is not None  # training items have them
    source = Source(
        features=reference.features,
        targets=reference.targets,
        groups=np.arange(len(reference.targets)),
        outputs=model.task.outputs,
    )
    means = Means(methods=to.methods, validators=to.validators, fit=fit_soft, asked=to.asked)
    tried = tried_out(source, features, means, seed=seed, progress=progress)
    heads = {name: tried.head(name).divided_by(model.temperature) for name in tried.ways}
    return {**heads, SOURCE_ONLY: model.head}, decided(tried, means, seed=seed)


def _chosen(
    model: Finished, heads: Mapping[str, LinearHead], alignment: Alignment, labelled: Dataset, encoder: Encoder
) -> tuple[Alignment, FewRecord]:
    items = items_of(labelled, np.arange(len(labelled)))
    features = _features(encoder, items, "features of the labelled items")
    logits = {name: head.logits(features) for name, head in heads.items()}
    return chosen(alignment, logits, few_of(labelled, model.task.classes), model.task)


def _gain(model: Finished, head: LinearHead, test: Dataset, encoder: Encoder) -> tuple[Interval, Interval]:
    """The primary metric of the model as it was, and what the other ``head`` makes of that, paired by item."""
    few, task = few_of(test, model.task.classes), model.task
    features = _features(encoder, items_of(test, np.arange(len(test))), "features of the test items")
    items = Sample.of(task, few.targets, few.groups)
    before, now = (
        task.credit(probabilities_of(each.logits(features), task), few.targets) for each in (model.head, head)
    )
    return mean_interval(before, items), compare(now, before, items).interval


def _features(encoder: Encoder, items: Items, name: str) -> NDArray[np.floating]:
    return np.asarray(encoder.encode(items, name).features)
