"""What became of carrying a model over to another domain, in sentences and rows."""

from __future__ import annotations

from dataclasses import dataclass

from headstart.core.alignment import CONSENSUS, NORMALISATION, OWN, OWN_CONSENSUS, SOURCE_ONLY, WayRow
from headstart.core.results import Across, Results
from headstart.core.words import counted
from headstart.report._format import metric, percent, points, signed

VALIDATORS = {
    "source_accuracy": ("Source", "balanced accuracy on source items left out"),
    "importance_weighted": ("Weighted", "accuracy on source items left out, weighed by how like the target they are"),
    "dev": ("DEV", "minus the weighted errors, with less variance"),
    "circular": ("There and back", "balanced accuracy on the source after going there and back"),
    "class_ami": ("Clusters", "mutual information of predictions and the target's clusters, adjusted for chance"),
    "bnm": ("Nuclear norm", "how certain and varied predictions are"),
    "entropy": ("Certainty", "minus the entropy of predictions, in nats"),
    "snd": ("Density", "soft neighbourhood density, in nats"),
}
"""Short names and meanings, those of the source first."""
WAYS = {
    SOURCE_ONLY: "the original model",
    CONSENSUS: "the consensus of the methods",
    OWN: "adabn",
    OWN_CONSENSUS: "adabn and the consensus of the methods",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """A way across as it stands in the table."""

    name: str
    values: tuple[str, ...]
    changed: str
    right: str
    taken: bool


def question(across: Across) -> str:
    """What the section answers."""
    return f"Should the model be adapted to '{across.target.name}'?"


def answer(across: Across) -> str:
    """Whether it was adapted, and why or why not."""
    alignment = across.alignment
    if alignment.taken == SOURCE_ONLY:
        return f"No. {alignment.sentence}"
    named = alignment.trained and alignment.trained != NORMALISATION
    body = f", which trained the body, too ({alignment.trained})" if named else ""
    return f"Yes, using {WAYS.get(alignment.taken, alignment.taken)}{body}. {alignment.sentence}"


def adapted(across: Across) -> bool:
    """Whether anything but the original model was taken."""
    return across.alignment.taken != SOURCE_ONLY


def gained(results: Results) -> str:
    """What it has brought, as far as anybody can tell."""
    across = results.across
    assert across is not None
    if not adapted(across):
        return ""
    if across.difference is None or across.before is None:
        return _chosen(results) or (
            "Accuracy in the target cannot be measured without labels: scores on this page are those of the original "
            f"model, {_at_home(results)}. Label a hundred items of the target and give them with --test."
        )
    low, high = (signed(100 * end) for end in (across.difference.low, across.difference.high))
    told = f"{points(across.difference.value)} ({low} to {high}) of {metric(results.primary).label.lower()}"
    if across.difference.low > 0:
        said = f"On the test items it gained {told}."
    elif across.difference.high < 0:
        said = f"On the test items it did harm: {told}. Keep the original model, by running 'headstart adapt'."
    else:
        said = f"On the test items it changed the score by {told}: too few items to tell whether it helped."
    return said


def _at_home(results: Results) -> str:
    """Where the original model is scored."""
    return f"in the training items' own domain{'s' if len(results.data.domain_counts) > 1 else ''}"


def _chosen(results: Results) -> str:
    """What the labelled items of the target say of it; empty where there are none."""
    few = results.across.labelled if results.across else None
    if few is None or few.difference is None:
        return ""
    low, high = (signed(100 * end) for end in (few.difference.low, few.difference.high))
    told = f"{points(few.difference.value)} ({low} to {high}) of {metric(results.primary).label.lower()}"
    freed = ", freed from the luck of having been chosen by them" if few.instead_of else ""
    return (
        f"On {counted(few.items, 'labelled item')} of the target it is {told} from the original model{freed}. All "
        f"other scores on this page are those of the original model, {_at_home(results)}."
    )


def in_short(results: Results) -> str:
    """For the terminal."""
    across = results.across
    assert across is not None
    looked = f"{counted(across.target.independent, 'item')} of '{across.target.name}'"
    return f"{answer(across)} ({looked} looked at.)"


def columns(across: Across) -> list[tuple[str, str]]:
    """Names and meanings of the validators that were asked, known ones first."""
    asked = across.alignment.rows[0].values
    known = [VALIDATORS[name] for name in VALIDATORS if name in asked]
    return known + [(name, "") for name in asked if name not in VALIDATORS]


def lines(across: Across) -> list[Line]:
    """Every way, as it was tried."""
    right = {} if across.labelled is None else across.labelled.right
    return [
        _line(row, percent(right[row.method].value, 0) if row.method in right else "", across.alignment.taken)
        for row in across.alignment.rows
    ]


def _line(row: WayRow, right: str, taken: str) -> Line:
    names = [name for name in VALIDATORS if name in row.values]
    names += [name for name in row.values if name not in VALIDATORS]
    return Line(
        name=WAYS.get(row.method, row.method),
        values=tuple(f"{row.values[name]:.2f}" for name in names),
        changed=percent(row.changed, 0),
        right=right,
        taken=row.method == taken,
    )
