"""Are the items that a model is scored on of the domain that it learnt from?"""

from __future__ import annotations

import numpy as np

from headstart.core.card import DomainCard
from headstart.core.dataset import Dataset
from headstart.core.errors import UserError
from headstart.engine.card import Preview, Side, domain_card
from headstart.engine.items import Items, Names
from headstart.engine.run import Run
from headstart.engine.trials import Contender

COMPARED = 400
"""Test items that are looked at, drawn at random: their features may have to be taken for it."""


def compared(
    contender: Contender, run: Run, data: Dataset, test: Items, preview: Preview
) -> tuple[tuple[DomainCard, ...], str]:
    """A card of the training items and a test split that came with the data, on frozen features; and a note where there
    should be one and is none. A test split that was made here is of the same domain by the way it was made.
    """
    if data.split.origin != "given":
        return (), ""
    seed = run.options.seed
    rows = np.sort(np.random.default_rng(seed).permutation(len(test))[:COMPARED])
    some = test.subset(rows)
    train = Side(
        name="training items",
        features=contender.features,
        items=run.data.items,
        ids=Names(data, data.split.train),
        groups=run.data.groups,
        targets=run.data.targets,
    )
    scored = data.split.test[rows]
    other = Side(
        name="test items",
        features=contender.encoder.encode(some, "features of test items, as pretrained").features,
        items=some,
        ids=Names(data, scored),
        groups=data.groups[scored],
        targets=data.targets[scored],
    )
    try:
        return (domain_card(train, other, preview=preview, progress=run.progress, seed=seed),), ""
    except UserError as error:
        return (), f"Training and test items were not compared: {error}"
