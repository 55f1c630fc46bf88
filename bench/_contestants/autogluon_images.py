"""AutoGluon-MM on pictures: its own training of a timm model.

python autogluon_images.py FOLDER WEIGHTS OUT.json
"""

from __future__ import annotations

import sys
from pathlib import Path

from _autogluon import fitted_answers
from _files import answer, pictures
from timm.models import _registry

NAME = "tf_efficientnet_lite0"


def main(folder: Path, weights: Path, out: Path) -> None:
    # AutoGluon asks timm for pretrained weights by name. timm takes them from this file instead of from the hub.
    _registry._model_pretrained_cfgs[f"{NAME}.in1k"].file = str(weights)
    train, labels = pictures(folder, "train")
    asked, _ = pictures(folder, "test")
    said = fitted_answers(
        [str(path) for path in train],
        labels,
        [str(path) for path in asked],
        kind="image_path",
        hyperparameters={"model.names": ["timm_image"], "model.timm_image.checkpoint_name": NAME},
    )
    answer(out, said)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
