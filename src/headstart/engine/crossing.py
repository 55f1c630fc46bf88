"""The chosen model carried over to a domain without labels: by another head where the guard lets it, or by training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from headstart.core.alignment import CONSENSUS, NORMALISATION, OWN, OWN_CONSENSUS, SOURCE_ONLY, Alignment
from headstart.core.dataset import Dataset, Split, Unlabelled
from headstart.core.domain_card import DomainCard
from headstart.core.errors import UserError
from headstart.core.results import Across, FewRecord, TargetRecord
from headstart.engine.align import Means, Source, decided, tried_out
from headstart.engine.carrying import Carrying, carried
from headstart.engine.compare import compare
from headstart.engine.domain_card import ItemsSide, Preview, domain_card
from headstart.engine.domains import reader_of, training_side
from headstart.engine.draws import one_of_each
from headstart.engine.estimates import Sample
from headstart.engine.evidence import issue_records
from headstart.engine.few import Few, chosen
from headstart.engine.final import Model, Scored, Settled
from headstart.engine.intervals import mean_interval
from headstart.engine.items import Items, Names, items_of
from headstart.engine.options import Destination
from headstart.engine.outputs import probabilities_of
from headstart.engine.run import Run
from headstart.engine.target_only import Restating
from headstart.engine.trials import Contender, encode_once
from headstart.heads.soft import fit_soft

MOST = 5000
"""Items of each side that features are looked at, drawn at random; of the target no more are encoded."""
CARDED = 400
"""Items of the target that the domain card looks at."""


@dataclass(frozen=True, kw_only=True)
class Crossed:
    """What is ``settled`` now, what was ``before`` and how that came about."""

    settled: Settled
    before: Settled
    alignment: Alignment
    labelled: FewRecord | None
    card: DomainCard
    target: TargetRecord

    @property
    def carried(self) -> bool:
        """Whether the model is another one now."""
        return self.alignment.taken != SOURCE_ONLY

    def scored(self, split: Split) -> Settled:
        """What is to be scored on the test items of ``split``, or out of fold. Only a test set that came separately may
        be of the target; all others are of the source, of which the model is told as it was before.
        """
        return self.settled if split.separate else self.before

    def across(self, scored: Scored, run: Run, split: Split) -> Across:
        """The record, with what the crossing made of the score on a test set of the target."""
        before = difference = None
        if split.separate and self.carried:
            task, items = run.data.task, Sample.of(run.data.task, scored.targets, scored.groups)
            features = scored.features
            if not self.settled.model.frozen:
                encoder = self.settled.chosen.trial.contender.encoder
                features = encoder.encode(scored.items, "features of the test items, as they were").features
            probabilities = probabilities_of(self.before.model.head.logits(features), task)
            earlier, now = (task.credit(each, scored.targets) for each in (probabilities, scored.probabilities))
            before, difference = mean_interval(earlier, items), compare(now, earlier, items).interval
        return Across(
            target=self.target,
            alignment=self.alignment,
            labelled=self.labelled,
            before=before,
            difference=difference,
        )


def crossed(settled: Settled, run: Run, data: Dataset, to: Destination, preview: Preview) -> Crossed:
    """Carry the settled model over to another domain, whose body must be frozen so far.

    Raises:
        Diverged: the body cannot be trained so.
        UserError: there are too few independent items to tell the domains apart, or the body was trained.
    """
    model, contender, seed = settled.model, settled.chosen.trial.contender, run.options.seed
    if not model.frozen:
        name = settled.chosen.trial.strategy_name
        raise UserError(
            f"Ways across start from frozen features, and strategy '{name}' trains the body: choose linear_probe."
        )
    independent = one_of_each(to.data.groups, seed)
    rows = independent[:MOST]
    seen = items_of(to.data, rows)
    features = np.asarray(contender.encoder.encode(seen, "features of the target").features)
    models, alignment = _tried(model, contender, run, seen, features, to)
    few = None
    if to.labelled is not None:
        logits = _said(models, to.labelled, contender)
        alignment, few = chosen(alignment, logits, few_of(to.labelled, data.classes), run.data.task)
    taken = models[alignment.taken]
    other = ItemsSide(
        name="items of the target",
        features=features[:CARDED],
        items=seen.subset(np.arange(min(CARDED, len(seen)))),
        ids=Names(to.data, rows[:CARDED]),
        preview=preview,
    )
    train = training_side(contender, run, data, preview)
    blocks = partial(reader_of(contender, run).distances, train.items, other.items, seed)
    return Crossed(
        settled=replace(settled, model=taken),
        before=settled,
        alignment=replace(alignment, trained="" if taken.frozen else alignment.trained or NORMALISATION),
        labelled=few,
        card=domain_card(train, other, progress=run.progress, blocks=blocks, seed=seed),
        target=target_record(to.data, len(independent)),
    )


def target_record(data: Unlabelled, independent: int) -> TargetRecord:
    """What is told of the target, of which so many items are ``independent``."""
    return TargetRecord(
        name=data.name,
        fingerprint=data.fingerprint,
        items=len(data),
        independent=independent,
        issues=issue_records(data.issues),
    )


def _tried(
    model: Model, contender: Contender, run: Run, seen: Items, features: NDArray[np.floating], to: Destination
) -> tuple[Mapping[str, Model], Alignment]:
    """What every way makes of the model, for the items ``seen`` of the target with their ``features (M, D)``."""
    seed = run.options.seed
    learnt = np.random.default_rng(seed).permutation(len(run.data.items))[:MOST]
    source = Source(
        features=np.asarray(contender.features[learnt]),
        targets=run.data.targets[learnt],
        groups=run.data.ties[learnt],
        outputs=run.data.task.outputs,
    )
    means = Means(methods=to.methods, validators=to.validators, fit=fit_soft, asked=to.asked)
    carrying = _carrying(contender, run, seen, to)
    if carrying is not None:
        changed, alignment = carried(carrying, source, features, means)
        return {SOURCE_ONLY: model, carrying.name: changed}, alignment
    return _heads(model, contender, run, (source, learnt), (features, seen), means, to)


def _heads(
    model: Model,
    contender: Contender,
    run: Run,
    source: tuple[Source, NDArray[np.int64]],
    target: tuple[NDArray[np.floating], Items],
    means: Means,
    to: Destination,
) -> tuple[Mapping[str, Model], Alignment]:
    """The model with the head of every way: on the body as it is and, where methods may choose, on one with statistics
    of each domain's own. The source comes with its rows among the training items, the target's features with the items.
    """
    seed, progress = run.options.seed, run.progress
    tried = tried_out(source[0], target[0], means, seed=seed, progress=progress)
    models = {name: replace(model, head=tried.head(name).divided_by(model.temperature)) for name in tried.ways}
    if to.alone is not None and to.alone.supports(contender.backbone.info) is None and CONSENSUS in tried.ways:
        restating = Restating(name=OWN, method=to.alone, contender=contender, seen=target[1], run=run)
        learnt = run.data.items.subset(source[1])
        first = restating.by_own_statistics(learnt, "the source")
        second = restating.by_own_statistics(target[1], "the target")
        own = tried_out(
            replace(source[0], features=first.features), second.features, means, seed=seed, progress=progress
        )
        tried = tried.beside(own)
        changed = replace(
            model,
            backbone=second.backbone,
            frozen=False,
            arithmetic=contender.encoder.alike(second.backbone).arithmetic(run.data.items),
        )
        for name in (OWN, OWN_CONSENSUS):
            models[name] = replace(changed, head=tried.head(name).divided_by(model.temperature))
    return {**models, SOURCE_ONLY: model}, decided(tried, means, seed=seed)


def _carrying(contender: Contender, run: Run, seen: Items, to: Destination) -> Carrying | Restating | None:
    """How the body is changed; None where only the head is."""
    if to.training is not None:
        return Carrying.of(to.training, contender, seen, run)
    if to.alone is not None and to.asked is not None:
        return Restating(name=to.asked, method=to.alone, contender=contender, seen=seen, run=run)
    return None


def _said(models: Mapping[str, Model], labelled: Dataset, contender: Contender) -> dict[str, NDArray[np.floating]]:
    """Logits ``(L, C)`` of every model for all labelled items, which each body reads once."""
    items = items_of(labelled, np.arange(len(labelled)))
    bodies = {id(model.backbone): model for model in models.values()}
    features = {
        key: contender.encoder.encode(items, "features of the labelled items").features
        if model.frozen
        else encode_once(model.backbone, items, contender)
        for key, model in bodies.items()
    }
    return {name: model.head.logits(features[id(model.backbone)]) for name, model in models.items()}


def few_of(labelled: Dataset, classes: Sequence[str]) -> Few:
    """The labels as numbers of the source's ``classes``."""
    numbers = np.array([classes.index(name) for name in labelled.classes], dtype=np.int64)
    return Few(targets=numbers[labelled.targets], groups=labelled.groups)
