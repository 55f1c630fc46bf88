from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import pytest
import torch

from headstart.backbones._joined_input import JoinedPreprocess, apart, together
from headstart.core.backbone import Preprocess
from tests.backbones.members import make, raw_items


@dataclass
class Counting(Preprocess):
    """Foretells ``told`` tokens and makes items of twice as many."""

    told: int | None
    least_side: int | None = None
    modality = "audio"

    @property
    def key(self) -> str:
        return f'{{"told": {self.told or 0}, "side": {self.least_side or 0}}}'

    def item(self, raw: Any) -> list[int]:
        return [0] * 2 * (self.told or 1)

    def view(self, raw: Any, seed: int, strength: str = "mild") -> list[int]:
        return self.item(raw)

    def foretold(self, length: int) -> int | None:
        return self.told

    def collate(self, ready: Any) -> dict[str, torch.Tensor]:
        return {"counts": torch.tensor([len(each) for each in ready])}


def test_an_item_is_read_by_every_part_and_as_long_as_the_longest():
    joined = JoinedPreprocess([Counting(told=3), Counting(told=5)])
    ready = joined.item("raw")
    assert len(ready) == 10
    assert joined.foretold(7) == 5
    batch = joined.collate([ready, ready])
    assert {name: tensor.tolist() for name, tensor in batch.items()} == {"0.counts": [6, 6], "1.counts": [10, 10]}
    assert JoinedPreprocess([Counting(told=3), Counting(told=None)]).foretold(7) is None


@pytest.mark.parametrize(
    ("sides", "expected"), [((64, 128), 128), ((None, 128), None), ((64, None), None), ((None, None), None)]
)
def test_pictures_are_read_as_large_as_the_most_demanding_part_asks_for(sides, expected):
    joined = JoinedPreprocess([Counting(told=1, least_side=side) for side in sides])
    assert joined.least_side == expected
    assert [part.least_side for part in joined.parts] == [expected, expected]
    assert joined.asking_for(99).least_side == 99
    assert [part.least_side for part in joined.asking_for(99).parts] == [99, 99]
    assert joined.least_side == expected
    assert joined.asking_for(99).key != joined.key


def test_the_parts_see_the_same_part_of_a_picture():
    backbone = make("test_resnet")
    joined = JoinedPreprocess([backbone.preprocess] * 2)
    (raw,) = raw_items(backbone, 1)
    for seed in range(4):
        for strength in ("mild", "strong"):
            one, other = joined.view(raw, seed, strength).parts
            assert torch.equal(one, other)


def test_what_varies_in_one_part_varies():
    assert make("bert+gpt2").preprocess.varied == {"strong"}
    assert make("test_resnet+test_vit").preprocess.varied == {"mild", "strong"}


def test_copies_share_it():
    joined = JoinedPreprocess([Counting(told=1), Counting(told=2)])
    assert copy.deepcopy(joined) is joined


def test_what_is_put_together_comes_apart():
    parts = [{"a": torch.ones(2), "b.c": torch.zeros(1)}, {}, {"a": torch.full((2,), 3.0)}]
    roof = together(parts)
    assert list(roof) == ["0.a", "0.b.c", "2.a"]
    again = apart(roof, 3)
    assert [list(part) for part in again] == [["a", "b.c"], [], ["a"]]
    assert torch.equal(again[2]["a"], parts[2]["a"])
