"""headstart as its README has it: learn from the training part, then ask the run folder about the test part.

python adapt_and_answer.py FOLDER MODEL BUDGET OUT.json

What it is given decides what it serves, so it is given the training part alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

from _files import answer, pictures, texts

import headstart as hs


def main(folder: Path, model: str, budget: str, out: Path) -> None:
    if (folder / "train.csv").is_file():
        data, asked = hs.load(folder / "train.csv", input="text", label="label"), texts(folder, "test")[0]
    else:
        data, asked = hs.load(folder / "train"), [str(path) for path in pictures(folder, "test")[0]]
    run = out.parent / "run"
    hs.adapt(data, pool=[model], budget=budget, out=run)
    answer(out, [said.label for said in hs.open(run).predict(asked)])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]))
