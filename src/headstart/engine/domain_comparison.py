"""Data beside a test split and beside items without labels: are they of one domain? No model is adapted for it."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from headstart.core.dataset import Dataset, Unlabelled
from headstart.core.domain_card import DomainCard, DomainComparison
from headstart.core.errors import UserError
from headstart.core.progress import Progress
from headstart.engine.block_distances import BlockReader
from headstart.engine.domain_card import ItemsSide, Preview, domain_card
from headstart.engine.domains import COMPARED, card_or_note
from headstart.engine.draws import one_of_each
from headstart.engine.features import Encoder
from headstart.engine.items import Names, items_of
from headstart.engine.options import Options, unlike, unsuited
from headstart.engine.prepare import fetch
from headstart.engine.pretraining import from_pretraining
from headstart.engine.reading import settle_reading
from headstart.engine.threads import modest_threads
from headstart.engine.vocabulary import from_vocabulary


def compared_domains(
    data: Dataset, target: Unlabelled | None, options: Options, preview: Preview, progress: Progress
) -> DomainComparison:
    """Cards of the training items of ``data`` beside a test split that came with them, and beside the ``target``.

    They are on the features of the most promising model of the pool that can be had, as pretrained.

    Raises:
        UserError: there is nothing to compare with, the target holds items of another kind, or one side of it has too
            few that are independent.
        Unavailable: weights that cannot be fetched.
    """
    if target is None and data.split.origin != "given":
        raise UserError(
            f"'{data.name}' came with no test split, so there is nothing to compare its items with; give a target."
        )
    problems = [*unsuited(data, options), *([] if target is None else unlike(data, target))]
    if problems:
        raise UserError(*problems)
    seed = options.seed
    member = fetch(options, 1, progress).options.pool[0]
    backbone = member.load()
    rows = data.split.train[one_of_each(data.groups[data.split.train], seed)[:COMPARED]]
    settle_reading(backbone, items_of(data, rows), options.home, progress)
    encoder = Encoder(backbone, options.home, progress, targets=data.targets[rows])

    def side(name: str, source: Dataset | Unlabelled, rows: NDArray[np.int64]) -> ItemsSide:
        items = items_of(source, rows)
        features = np.asarray(encoder.encode(items, f"features of {name}").features)
        targets = source.targets[rows] if isinstance(source, Dataset) else None
        return ItemsSide(
            name=name, features=features, items=items, ids=Names(source, rows), targets=targets, preview=preview
        )

    cards, note = tuple[DomainCard, ...](), ""
    with modest_threads(2 * COMPARED):
        first = side("training items", data, rows)
        pretraining = from_pretraining(backbone, first.items, progress=progress, seed=seed)
        vocabulary = from_vocabulary(backbone.preprocess, first.items, seed=seed)
        reader = BlockReader(backbone=backbone, encoder=encoder, home=options.home)
        if data.split.origin == "given":
            tested = data.split.test[one_of_each(data.groups[data.split.test], seed)[:COMPARED]]
            other = side("test items", data, tested)
            cards, note = card_or_note(first, other, progress=progress, reader=reader, seed=seed)
        if target is not None:
            other = side("items of the target", target, one_of_each(target.groups, seed)[:COMPARED])
            blocks = partial(reader.distances, first.items, other.items, seed)
            found = domain_card(first, other, progress=progress, blocks=blocks, seed=seed)
            cards = (*cards, found)
    notes = (note,) if note else ()
    return DomainComparison(
        model=member.info.name, pretraining=pretraining, vocabulary=vocabulary, cards=cards, notes=notes
    )
