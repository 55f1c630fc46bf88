"""A plain loop, as most tutorials have it: AdamW over all parameters for ten epochs.

    python plain_loop.py FOLDER WEIGHTS OUT.json

Cross-entropy, batches of 32, learning rate 1e-4, weight decay 0.01, float32, the weights' own evaluation transform
with a random mirror image in training.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from _network import lite0
from PIL import Image
from timm.data.transforms_factory import create_transform
from torch.utils.data import DataLoader, Dataset

NORMALISED = {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}


class Folder(Dataset):
    """Pictures of class folders, transformed."""

    def __init__(self, root: Path, classes: list[str], *, mirrored: bool) -> None:
        self.paths = sorted(root.glob("*/*"))
        self.targets = [classes.index(path.parent.name) for path in self.paths]
        self.transform = create_transform((3, 224, 224), interpolation="bicubic", crop_pct=0.875, **NORMALISED)
        self.mirrored = mirrored

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, row: int) -> tuple[torch.Tensor, int]:
        pixels = self.transform(Image.open(self.paths[row]).convert("RGB"))
        if self.mirrored and torch.rand(()) < 0.5:
            pixels = pixels.flip(-1)
        return pixels, self.targets[row]


def main(folder: Path, weights: Path, out: Path) -> None:
    torch.manual_seed(0)
    classes = sorted(path.name for path in (folder / "train").iterdir())
    model = lite0(weights)
    train, test = Folder(folder / "train", classes, mirrored=True), Folder(folder / "test", classes, mirrored=False)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01)
    for _ in range(10):
        model.train()
        for pixels, targets in DataLoader(train, batch_size=32, shuffle=True):
            loss = torch.nn.functional.cross_entropy(model(pixels), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval()
    with torch.inference_mode():
        logits = torch.cat([model(pixels) for pixels, _ in DataLoader(test, batch_size=32)])
    predicted = logits.argmax(1).tolist()
    out.write_text(json.dumps({p.name: classes[k] for p, k in zip(test.paths, predicted, strict=True)}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
