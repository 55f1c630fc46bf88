"""What ways across gain or cost where the other domain is another language.

    python -m bench languages [--seeds 3] [--items 600] [--model packaged:minilm_l6] [--resume | --anew]

What emoji are called in English, with labels, and in another language without (`bench/_languages.py`); everything else
is as in ``bench across``. The encoder that packages bring is an English one: it knows letters and names that languages
share, and little more. Where a hub is at hand, name a multilingual one (transformers:NAME). Outcomes are kept in
``results/languages.json``, the table is ``results/languages.md``.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial

from bench import _languages
from bench._every_strategy import MODELS
from bench._ledger import Ledger
from bench._shifts import Shift
from bench.across import GUARDED, Outcome, measured, page

LANGUAGES = {"de": "German", "fr": "French", "es": "Spanish", "da": "Danish", "et": "Estonian", "lt": "Lithuanian"}
SHIFTS = tuple(
    Shift(
        name=f"English > {name}",
        modality="text",
        source=partial(_languages.write, language="en", part="train"),
        target=partial(_languages.write, language=code, part="test"),
    )
    for code, name in LANGUAGES.items()
)


def main() -> int:
    """Measure what is not there yet and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--items", type=int, default=600, help="of each language")
    parser.add_argument("--model", default=MODELS["text"])
    Ledger.add_arguments(parser)
    given = parser.parse_args()
    ledger = Ledger(Outcome, "languages", given)
    for seed in range(given.seeds):
        for shift in SHIFTS:
            if ledger.where(shift=shift.name, seed=seed):
                continue
            found = measured(shift, seed, given.items, model=given.model)
            ledger.add([found])
            print(f"{shift.name} {seed}: {found.reason}, {found.gains()[GUARDED]:+.1f}", flush=True)
    ledger.publish(page(list(ledger), f"Across languages, by {given.model}"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
