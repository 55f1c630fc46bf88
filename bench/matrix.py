"""Every family under every way to train: what was trained and what was refused.

    python -m bench matrix [--out FILE]

Each pair of the tiny members and the strategies of the tests' contract, of which continuous integration tries a part:
two epochs on five items, then whether everything that moved was to move, whether anything did, and whether an ordinary
body came back.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench._machine import machine
from tests.contracts.pairs import EVERY, INPUTS, tried

RESULT = Path(__file__).parent / "results/matrix.txt"


def main() -> int:
    """Print the table and write it to ``--out``; 1 if a pair failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    found: dict[str, dict[str, str]] = {}
    failures = []
    for member, name in EVERY:
        try:
            found.setdefault(member, {})[name] = tried(member, name)
        except AssertionError as error:
            found[member][name] = "FAILED"
            failures.append(f"{name} on {member}: {error}")
    widest = max(map(len, found))
    lines = [machine(), "", " " * widest + "".join(f"  {name:>11}" for name in INPUTS)]
    lines += [f"{member:{widest}}" + "".join(f"  {row[name]:>11}" for name in INPUTS) for member, row in found.items()]
    text = "\n".join([*lines, *(["", *failures] if failures else [])]) + "\n"
    print(text)
    given.out.write_text(text, encoding="utf-8")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
