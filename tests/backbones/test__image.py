from __future__ import annotations

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from PIL import Image
from timm.data.transforms_factory import create_transform

from headstart.backbones import _image
from headstart.backbones._image import ImagePreprocess
from tests.backbones.tiny import pictures

CFG: dict[str, Any] = {
    "input_size": (3, 64, 64),
    "interpolation": "bicubic",
    "crop_pct": 0.875,
    "crop_mode": "center",
    "mean": (0.5, 0.4, 0.3),
    "std": (0.2, 0.3, 0.4),
}


@pytest.mark.parametrize(
    "changes",
    [{}, {"crop_pct": 1.0}, {"crop_mode": "squash"}, {"crop_mode": "border"}, {"interpolation": "bilinear"}],
)
def test_it_is_timms_evaluation_view_bit_for_bit(changes: dict[str, Any]) -> None:
    preprocess = ImagePreprocess({**CFG, **changes})
    transform: Any = create_transform(**preprocess.config, is_training=False)
    batch = preprocess.collate([preprocess.item(picture) for picture in pictures(4)])["pixel_values"]
    assert torch.equal(batch, torch.stack([transform(picture) for picture in pictures(4)]))


def test_it_is_what_transformers_does_with_the_exported_configuration() -> None:
    from transformers.models.timm_wrapper.image_processing_timm_wrapper import TimmWrapperImageProcessor

    preprocess = ImagePreprocess(CFG)
    reference = TimmWrapperImageProcessor(pretrained_cfg=CFG)(pictures(2))["pixel_values"]
    assert torch.equal(
        preprocess.collate([preprocess.item(picture) for picture in pictures(2)])["pixel_values"], reference
    )


def test_batches_are_float32_in_channels_last_order_and_items_small() -> None:
    preprocess = ImagePreprocess(CFG)
    ready = [preprocess.item(picture) for picture in pictures(3)]
    assert all(item.dtype == torch.uint8 and item.shape == (64, 64, 3) for item in ready)
    batch = preprocess.collate(ready)["pixel_values"]
    assert batch.dtype == torch.float32
    assert batch.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_other_modes_become_rgb(mode: str) -> None:
    assert ImagePreprocess(CFG).item(pictures(1)[0].convert(mode)).shape == (64, 64, 3)


def test_views_are_functions_of_the_seed() -> None:
    preprocess, picture = ImagePreprocess(CFG), pictures(1)[0]
    with ThreadPoolExecutor(4) as pool:
        first = list(pool.map(lambda seed: preprocess.view(picture, seed), range(20)))
        again = list(pool.map(lambda seed: preprocess.view(picture, seed), range(20)))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert len({bytes(view.numpy().tobytes()) for view in first}) == 20


def test_views_are_mild() -> None:
    """A horizontal ramp shows how much of the width a view keeps, and about half of the views mirror it."""
    ramp = Image.linear_gradient("L").rotate(90).convert("RGB")
    preprocess = ImagePreprocess(CFG)
    kept, mirrored = [], 0
    for seed in range(200):
        row = preprocess.view(ramp, seed)[32, :, 0].float()
        kept.append(abs(row[-1] - row[0]).item() / 255)
        mirrored += int(row[-1] < row[0])
    assert 0.72 < min(kept) < 0.85  # sqrt(0.7 * 0.85) = 0.77, less what interpolation loses at the borders
    assert max(kept) > 0.95
    assert 70 < mirrored < 130


def test_very_long_pictures_are_shown_whole_when_no_crop_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    import random

    monkeypatch.setattr(_image, "AREA", (1.5, 2.0))
    assert _image._crop(random.Random(0), 30, 20) == (0.0, 0.0, 30.0, 20.0)


def test_the_key_holds_everything_that_changes_the_tensors() -> None:
    key = ImagePreprocess(CFG).key
    assert "\n" not in key
    assert json.loads(key)["input_size"] == [3, 64, 64]
    assert key == ImagePreprocess(dict(reversed(CFG.items()))).key
    others: list[dict[str, Any]] = [
        {"input_size": (3, 65, 65)},
        {"interpolation": "bilinear"},
        {"crop_pct": 0.9},
        {"crop_mode": "squash"},
        {"mean": (0.5, 0.5, 0.5)},
        {"std": (0.5, 0.5, 0.5)},
    ]
    assert len({key, *(ImagePreprocess({**CFG, **other}).key for other in others)}) == 1 + len(others)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"input_size": (3, 224, 224), "crop_pct": 0.875}, 512),
        ({"input_size": (3, 384, 384), "crop_pct": 1.0}, 768),
        ({"input_size": (3, 64, 96), "crop_pct": 0.5}, 384),
        ({"input_size": (3, 100, 100), "crop_pct": 0.9, "crop_mode": "squash"}, 222),
    ],
)
def test_a_picture_is_decoded_at_twice_what_it_is_resized_to(changes: dict[str, Any], expected: int) -> None:
    preprocess = ImagePreprocess({**CFG, **changes})
    assert preprocess.least_side == expected
    resized = preprocess._on_pictures[0](pictures(1)[0].resize((1200, 1000)))
    assert 2 * min(resized.size) <= expected


def test_what_is_asked_for_is_part_of_the_key() -> None:
    preprocess = ImagePreprocess(CFG)
    whole = preprocess.asking_for(None)
    assert (whole.least_side, preprocess.least_side) == (None, json.loads(preprocess.key)["least_side"])
    assert "least_side" not in json.loads(whole.key)
    assert whole.asking_for(preprocess.least_side).key == preprocess.key
    assert torch.equal(whole.item(pictures(1)[0]), preprocess.item(pictures(1)[0]))


def test_copies_share_it() -> None:
    preprocess = ImagePreprocess(CFG)
    assert copy.deepcopy(preprocess) is preprocess


def test_another_transform_of_timm_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    import timm.data.transforms_factory as factory

    class Other:
        transforms = ()

    monkeypatch.setattr(factory, "create_transform", lambda **options: Other())
    with pytest.raises(RuntimeError, match=r"timm's evaluation transform ends in \[\], expected ToTensor and"):
        ImagePreprocess(CFG)
