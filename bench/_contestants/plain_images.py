"""A plain loop, as most tutorials have it: AdamW over all parameters for ten epochs.

    python plain_images.py FOLDER WEIGHTS OUT.json

Cross-entropy, batches of 32, learning rate 1e-4, weight decay 0.01, float32, the weights' own evaluation transform
with a random mirror image in training.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from _files import answer, pictures
from _network import MEAN, STD, lite0
from PIL import Image
from timm.data.transforms_factory import create_transform
from torch.utils.data import DataLoader, Dataset


class Folder(Dataset):
    """Pictures, transformed, each with the number of its class."""

    def __init__(self, paths: list[Path], targets: list[int], *, mirrored: bool) -> None:
        self.paths, self.targets, self.mirrored = paths, targets, mirrored
        self.transform = create_transform((3, 224, 224), interpolation="bicubic", crop_pct=0.875, mean=MEAN, std=STD)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, row: int) -> tuple[torch.Tensor, int]:
        pixels = self.transform(Image.open(self.paths[row]).convert("RGB"))
        if self.mirrored and torch.rand(()) < 0.5:
            pixels = pixels.flip(-1)
        return pixels, self.targets[row]


def main(folder: Path, weights: Path, out: Path) -> None:
    torch.manual_seed(0)
    paths, labels = pictures(folder, "train")
    classes = sorted(set(labels))
    model = lite0(weights, len(classes))
    train = Folder(paths, [classes.index(label) for label in labels], mirrored=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01)
    for _ in range(10):
        model.train()
        for pixels, targets in DataLoader(train, batch_size=32, shuffle=True):
            loss = torch.nn.functional.cross_entropy(model(pixels), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval()
    asked, _ = pictures(folder, "test")
    test = Folder(asked, [0] * len(asked), mirrored=False)
    with torch.inference_mode():
        logits = torch.cat([model(pixels) for pixels, _ in DataLoader(test, batch_size=32)])
    answer(out, [classes[k] for k in logits.argmax(1).tolist()])


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
