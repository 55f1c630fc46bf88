"""The frozen loop that a performance engineer writes by hand: one pass over the pictures and a ridge classifier.

    python frozen_images.py FOLDER WEIGHTS OUT.json

BatchNorm is folded into the convolutions, weights and pictures are channels-last, in bfloat16 where the processor
multiplies it. Threads decode ahead, and only the part of a picture that the centre crop keeps is resized. Nothing is
chosen, checked or reported beyond the ridge's own leave-one-out choice of its penalty: the time is the floor.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from _files import answer, pictures
from _network import MEAN, STD, lite0
from _probe import fast_dtype, predicted
from PIL import Image
from timm.layers import BatchNormAct2d
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

SIDE = 224
CROP = 0.875
BATCH = 32
"""The first batch is ready soon and the activations of 32 pictures still lie in the caches."""


def main(folder: Path, weights: Path, out: Path) -> None:
    train, labels = pictures(folder, "train")
    asked, _ = pictures(folder, "test")
    features = _features(lite0(weights, 0).eval(), [*train, *asked])
    answer(out, predicted(features[: len(train)], labels, features[len(train) :]))


@torch.inference_mode()
def _features(model: nn.Module, paths: list[Path]) -> np.ndarray:
    _fold(model)
    dtype = fast_dtype()
    model = model.to(dtype=dtype, memory_format=torch.channels_last)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    found = []
    for raw in _batches(paths):
        # Stacked as height, width, channel, so that the permuted view is channels-last without a copy.
        pixels = torch.from_numpy(raw).permute(0, 3, 1, 2).float().div_(255).sub_(mean).div_(std)
        found.append(model(pixels.to(dtype)).float())
    return torch.cat(found).numpy()


def _batches(paths: list[Path]) -> Iterator[np.ndarray]:
    """Decoded batches ``(B, 224, 224, 3)``, uint8. Threads work on what the network asks for next."""
    with ThreadPoolExecutor() as threads:
        ready = threads.map(_decoded, paths)
        for start in range(0, len(paths), BATCH):
            yield np.stack([next(ready) for _ in paths[start : start + BATCH]])


def _decoded(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        rgb = image.convert("RGB")
    width, height = rgb.size
    kept = CROP * min(width, height)
    left, top = (width - kept) / 2, (height - kept) / 2
    box = (left, top, left + kept, top + kept)
    return np.asarray(rgb.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=box))


def _fold(module: nn.Module) -> None:
    """Fold every BatchNorm into the convolution that comes just before it, and keep the norm's own activation."""
    before = None
    for name, child in list(module.named_children()):
        if isinstance(child, BatchNormAct2d) and isinstance(before, tuple):
            setattr(module, before[0], fuse_conv_bn_eval(before[1], child))
            setattr(module, name, child.act)
        _fold(child)
        before = (name, child) if isinstance(child, nn.Conv2d) else None


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
