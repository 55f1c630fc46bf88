"""What the model in a headstart run folder says about the test part; its labels are not read.

python ask_headstart.py RUN FOLDER OUT.json
"""

from __future__ import annotations

import sys
from pathlib import Path

from _files import answer, pictures, texts

import headstart as hs


def main(run: Path, folder: Path, out: Path) -> None:
    asked = texts(folder, "test")[0] if (folder / "test.csv").is_file() else pictures(folder, "test")[0]
    answer(out, [said.label for said in hs.open(run).predict([str(item) for item in asked])])


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
