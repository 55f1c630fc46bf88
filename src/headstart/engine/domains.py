"""Are the items that a model is scored on of the domain that it learnt from?"""

from __future__ import annotations

from functools import partial

import numpy as np

from headstart.core.dataset import Dataset
from headstart.core.domain_card import DomainCard, FromPretraining, FromVocabulary
from headstart.core.errors import UserError
from headstart.core.progress import Progress
from headstart.engine.block_distances import BlockReader
from headstart.engine.domain_card import ItemsSide, Preview, domain_card
from headstart.engine.draws import one_of_each
from headstart.engine.items import Items, Names
from headstart.engine.pretraining import from_pretraining
from headstart.engine.run import Run
from headstart.engine.trials import Contender
from headstart.engine.vocabulary import from_vocabulary

COMPARED = 400
"""Items of another side that are looked at, drawn at random: their features may have to be taken for it."""
LEARNT = 2000
"""Training items among which the neighbours of test items are looked up, drawn at random."""


def compared(
    contender: Contender, run: Run, data: Dataset, test: Items, preview: Preview
) -> tuple[tuple[DomainCard, ...], str]:
    """A card of the training items and a test split that came with the data, on frozen features; and a note where there
    should be one and is none. A test split that was made here is of the same domain by the way it was made, unless the
    data name several, of which it then holds whole ones.
    """
    if data.split.origin == "none" or (data.split.origin == "made" and data.domains is None):
        return (), ""
    seed = run.options.seed
    rows = one_of_each(data.groups[data.split.test], seed)[:COMPARED]
    scored, some = data.split.test[rows], test.subset(rows)
    train = training_side(contender, run, data, preview)
    other = ItemsSide(
        name="test items",
        features=np.asarray(contender.encoder.encode(some, "features of test items, as pretrained").features),
        items=some,
        ids=Names(data, scored),
        targets=data.targets[scored],
        preview=preview,
    )
    return card_or_note(train, other, progress=run.progress, reader=reader_of(contender, run), seed=seed)


def card_or_note(
    train: ItemsSide, tested: ItemsSide, *, progress: Progress, reader: BlockReader, seed: int
) -> tuple[tuple[DomainCard, ...], str]:
    """The card of test items, or why there is none."""
    blocks = partial(reader.distances, train.items, tested.items, seed)
    try:
        return (domain_card(train, tested, progress=progress, blocks=blocks, seed=seed),), ""
    except UserError as error:
        return (), f"Training and test items were not compared: {error}"


def reader_of(contender: Contender, run: Run) -> BlockReader:
    """The contender's body, to be read block by block."""
    return BlockReader(backbone=contender.backbone, encoder=contender.encoder, home=run.options.home)


def from_training_items(contender: Contender, run: Run) -> tuple[FromPretraining | None, FromVocabulary | None]:
    """How far the training items are from what the contender was pretrained on, by BatchNorm and by its vocabulary."""
    seed, backbone = run.options.seed, contender.backbone
    items = run.data.items.subset(one_of_each(run.data.ties, seed)[:LEARNT])
    by_layers = from_pretraining(backbone, items, progress=run.progress, seed=seed)
    return by_layers, from_vocabulary(backbone.preprocess, items, seed=seed)


def training_side(contender: Contender, run: Run, data: Dataset, preview: Preview) -> ItemsSide:
    """The training items, of which no two are tied, on frozen features."""
    learnt = one_of_each(run.data.ties, run.options.seed)[:LEARNT]
    return ItemsSide(
        name="training items",
        features=np.asarray(contender.features[learnt]),
        items=run.data.items.subset(learnt),
        ids=Names(data, data.split.train[learnt]),
        targets=run.data.targets[learnt],
        preview=preview,
    )
