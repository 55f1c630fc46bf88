"""fastai as its documentation has it: ``Learner.fine_tune(5)`` with its augmentations and a fifth held out.

python fastai_images.py FOLDER WEIGHTS OUT.json
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import torch
from _files import answer, pictures
from _network import MEAN, STD, lite0
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
    paths, labels = pictures(folder, "train")
    loaders = ImageDataLoaders.from_df(
        pd.DataFrame({"path": [str(path.relative_to(folder)) for path in paths], "label": labels}),
        path=folder,
        valid_pct=0.2,
        seed=0,
        bs=32,
        num_workers=0,
        item_tfms=Resize(224),
        batch_tfms=[*aug_transforms(), Normalize.from_stats(MEAN, STD)],
    )
    model = lite0(weights, len(loaders.vocab))

    def body_and_head(model: torch.nn.Module) -> list[list[torch.nn.Parameter]]:
        head = set(model.classifier.parameters())
        return [[p for p in params(model) if p not in head], params(model.classifier)]

    learner = Learner(loaders, model, loss_func=CrossEntropyLossFlat(), splitter=body_and_head, metrics=accuracy)
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(5)
        asked, _ = pictures(folder, "test")
        scores, _ = learner.get_preds(dl=loaders.test_dl([str(path) for path in asked]))
    answer(out, [loaders.vocab[k] for k in scores.argmax(1).tolist()])


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
