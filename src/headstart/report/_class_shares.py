"""Which classes are predicted in a target, beside how frequent they were in training."""

from __future__ import annotations

from dataclasses import dataclass

from headstart.core.alignment import SOURCE_ONLY
from headstart.core.results import Results
from headstart.report._format import percent

SCARCE = 0.2
"""Share of its frequency in training below which a class is hardly predicted in the target."""
EXPECTED = 10.0
"""Items of a class that training leads one to expect in the target: from so many on, hardly any are no chance."""
NAMED = 4
"""Classes that are named in a sentence."""
TABLED = 20
"""Classes that a table has room for."""


@dataclass(frozen=True, kw_only=True)
class ClassShare:
    """Shares of a class: among the training items, and among the predictions for the target of the model as it was and
    of what was taken.
    """

    name: str
    trained: float
    before: float
    after: float


def class_shares(results: Results) -> list[ClassShare]:
    """One for every class; none where there is no target."""
    if results.across is None:
        return []
    alignment, counts = results.across.alignment, results.data.class_counts
    predicted = {row.method: row.predicted for row in alignment.rows}
    total = sum(counts.values())
    return [
        ClassShare(name=name, trained=counts.get(name, 0) / total, before=before, after=after)
        for name, before, after in zip(
            results.data.classes, predicted[SOURCE_ONLY], predicted[alignment.taken], strict=True
        )
    ]


def tabled(results: Results) -> list[ClassShare]:
    """Those that a table has room for: where there are more, the ones whose predictions differ most from training."""
    found = class_shares(results)
    order = sorted(found, key=lambda each: -max(abs(each.before - each.trained), abs(each.after - each.trained)))
    kept = {each.name for each in order[:TABLED]}
    return [each for each in found if each.name in kept]


def scarce(results: Results) -> list[str]:
    """Classes that the model as it was hardly predicts in the target, though many items would be expected."""
    across = results.across
    seen = 0 if across is None else across.alignment.judged
    return [
        each.name
        for each in class_shares(results)
        if each.before < SCARCE * each.trained and seen * each.trained >= EXPECTED
    ]


def warning(results: Results) -> str:
    """What follows from scarce classes; empty where there are none."""
    found = scarce(results)
    if not found:
        return ""
    names = ", ".join(f"'{name}'" for name in found[:NAMED])
    names += f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    shares = {each.name: each for each in class_shares(results)}
    first = shares[found[0]]
    return (
        f"The original model hardly predicts {names} in the target ('{first.name}': {percent(first.before, 1)} of its "
        f"items, {percent(first.trained, 1)} of the training items). Either such items are missing there, or the model "
        "does not recognise them: look at some. Methods of adaptation expect all classes, and may do harm where some "
        "are missing."
    )
