from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import pytest
import torch

from headstart.engine.items import Items
from headstart.engine.ready import Ready
from headstart.engine.views import View
from tests.backbones.members import make
from tests.backbones.tiny import TEXTS
from tests.engine import toys


def texts(read: Callable[[int], str] = TEXTS.__getitem__) -> Items:
    return Items(
        digests=[hashlib.sha256(text.encode()).hexdigest() for text in TEXTS],
        lengths=np.array([len(text) for text in TEXTS]),
        read=lambda position, _=None: read(position),
    )


@pytest.mark.parametrize(("most", "again"), [(Ready.LARGEST, 0), (0, len(TEXTS))])
def test_each_text_is_tokenised_once_while_they_are_small(monkeypatch: pytest.MonkeyPatch, most: int, again: int):
    monkeypatch.setattr(Ready, "LARGEST", most)
    read: list[int] = []
    ready = Ready(make("bert"), texts(lambda number: read.append(number) or TEXTS[number]))
    assert ready.lengths().tolist() == [len(make("bert").preprocess.item(text)) for text in TEXTS]
    assert sorted(read) == list(range(len(TEXTS)))
    one, view = ready.work(np.array([2, 0, 1]), None)(), ready.work(np.array([2, 0, 1]), View(5))()
    assert one == view == [make("bert").preprocess.item(TEXTS[number]) for number in (2, 0, 1)]
    assert len(read) == len(TEXTS) + 2 * again


def test_pictures_are_made_ready_anew_and_views_differ():
    backbone, items = toys.ToyBackbone(toys.info(), seed=0, size=toys.SIZE), toys.labelled(4).items
    ready = Ready(backbone, items)
    assert ready.lengths().tolist() == [1] * 4
    first, again = ready.work(np.arange(4), None)(), ready.work(np.arange(4), None)()
    assert backbone.preprocess.read == 8
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    views = [ready.work(np.arange(4), View(number))() for number in range(6)]
    assert any(not torch.equal(view[0], first[0]) for view in views)
    strong = ready.work(np.arange(4), View(3, "strong"))()
    assert all(torch.equal(one.flip(1), other) for one, other in zip(views[3], strong, strict=True))
    assert all(
        torch.equal(one, other) for one, other in zip(views[3], ready.work(np.arange(4), View(3))(), strict=True)
    )
