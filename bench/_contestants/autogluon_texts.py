"""AutoGluon-MM on texts: its own training of a transformers model.

python autogluon_texts.py FOLDER MODEL OUT.json
"""

from __future__ import annotations

import sys
from pathlib import Path

from _autogluon import fitted_answers
from _files import answer, texts


def main(folder: Path, weights: Path, out: Path) -> None:
    train, labels = texts(folder, "train")
    asked, _ = texts(folder, "test")
    hyperparameters = {"model.names": ["hf_text"], "model.hf_text.checkpoint_name": str(weights)}
    answer(out, fitted_answers(train, labels, asked, kind="text", hyperparameters=hyperparameters))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
