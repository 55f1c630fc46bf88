"""fastai as its documentation has it: ``Learner.fine_tune(5)`` with its augmentations and a fifth held out.

python with_fastai.py FOLDER WEIGHTS OUT.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
import torch
from _network import lite0
from fastai.vision.all import (
    CrossEntropyLossFlat,
    ImageDataLoaders,
    Learner,
    Normalize,
    Resize,
    accuracy,
    aug_transforms,
    params,
    set_seed,
)


def main(folder: Path, weights: Path, out: Path) -> None:
    set_seed(0)
    rows = [(str(path.relative_to(folder)), path.parent.name) for path in sorted((folder / "train").glob("*/*"))]
    loaders = ImageDataLoaders.from_df(
        pd.DataFrame(rows, columns=["path", "label"]),
        path=folder,
        valid_pct=0.2,
        seed=0,
        bs=32,
        num_workers=0,
        item_tfms=Resize(224),
        batch_tfms=[*aug_transforms(), Normalize.from_stats([0.5] * 3, [0.5] * 3)],
    )
    model = lite0(weights)

    def body_and_head(model: torch.nn.Module) -> list[list[torch.nn.Parameter]]:
        head = set(model.classifier.parameters())
        return [[p for p in params(model) if p not in head], params(model.classifier)]

    learner = Learner(loaders, model, loss_func=CrossEntropyLossFlat(), splitter=body_and_head, metrics=accuracy)
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(5)
        paths = sorted((folder / "test").glob("*/*"))
        scores, _ = learner.get_preds(dl=loaders.test_dl([str(path) for path in paths]))
    names = [loaders.vocab[k] for k in scores.argmax(1).tolist()]
    out.write_text(json.dumps({path.name: name for path, name in zip(paths, names, strict=True)}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
