"""What is odd about sounds, and what of them could give the class away without being heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from headstart.core.dataset import Issue
from headstart.core.sound import LONGEST_HEARD
from headstart.core.words import counted
from headstart.data._audit import ODDITIES, odd
from headstart.data._finding import Finding
from headstart.data._issues import issue

ODD_CLIPS = {
    "wrong_extension": ODDITIES["wrong_extension"],
    "silent": "without any sound louder than -60 dB",
    "overdriven": "at full scale for more than a hundredth of the time",
    "short_clip": "shorter than a tenth of a second",
}
"""Codes of what `headstart.data._clip.heard` notices, and what to say of such a clip."""
CHANCE = 1e-3
"""Probability of rates and classes going together as they do by chance, below which it is said."""


def odd_clips(ids: Sequence[str], findings: Sequence[Finding], labels: Sequence[str]) -> list[Issue]:
    """One issue per kind of oddity among N readable clips of the classes ``labels``."""
    found = odd(ids, findings, ODD_CLIPS, "clip")
    names = [name for name, finding in zip(ids, findings, strict=True) if finding.seconds > LONGEST_HEARD]
    if names:
        sentence = f"{counted(len(names), 'clip')} of more than {LONGEST_HEARD} seconds: only the beginning is heard."
        found.append(issue("long_clip", "note", sentence, names))
    return found + _rates(ids, [finding.rate for finding in findings], labels)


def _rates(ids: Sequence[str], rates: Sequence[int], labels: Sequence[str]) -> list[Issue]:
    """Clips that were recorded at different rates: the lower ones lack high pitches, which a model hears."""
    counts = Counter(rates)
    if len(counts) < 2:
        return []
    usual = counts.most_common(1)[0][0]
    others = [name for name, rate in zip(ids, rates, strict=True) if rate != usual]
    listed = ", ".join(f"{count:,} at {rate:,} Hz" for rate, count in counts.most_common(3))
    sentence = f"Clips have {len(counts)} sampling rates ({listed}{', ...' if len(counts) > 3 else ''})"
    if not _go_together(rates, labels):
        return [issue("mixed_rates", "note", f"{sentence}; all are brought to that of the model.", others)]
    sentence += (
        ", and the classes differ in them: a model can tell a class by its rate. Bring all clips to the lowest rate "
        "or record new ones alike."
    )
    return [issue("mixed_rates", "warning", sentence, others)]


def _go_together(rates: Sequence[int], labels: Sequence[str]) -> bool:
    """Pearson's chi-squared test of independence, in a table with a row per rate and a column per class."""
    from scipy.stats import chi2_contingency

    row, column = (np.unique(each, return_inverse=True)[1] for each in (rates, labels))
    table = np.zeros((row.max() + 1, column.max() + 1))
    np.add.at(table, (row, column), 1)
    found: Any = chi2_contingency(table, correction=False)
    return bool(found.pvalue < CHANCE)
