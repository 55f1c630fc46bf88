"""The sentence that stands above everything else."""

from __future__ import annotations

from collections.abc import Mapping

from headstart.core.alignment import SOURCE_ONLY, Reason
from headstart.core.results import Across, Verdict
from headstart.engine.final import Scored


def headline(verdict: Verdict, scored: Scored, primary: str, served: str, across: Across | None = None) -> str:
    """The one sentence to remember; `Verdict.sentence` has the interval and the advice. Before it, what became of
    carrying the model over to another domain.
    """
    said = transferred(verdict, scored, primary, served)
    if across is None:
        return said
    return f"{carried(across)} {said}"


def carried(across: Across) -> str:
    """Whether the model was carried over, and what is known of how well it does there."""
    target, taken = across.target.name, across.alignment.taken
    if taken == SOURCE_ONLY:
        return f"Not adapted to '{target}', {WHY[across.alignment.reason]}."
    if across.difference is None:
        return (
            f"Adapted to '{target}' by {taken}; accuracy there cannot be measured without labels, and what follows "
            "holds for the training items' own domain."
        )
    value, low, high = (100 * end for end in (across.difference.value, across.difference.low, across.difference.high))
    return f"Adapted to '{target}' by {taken}: {value:+.1f} points ({low:+.1f} to {high:+.1f}) on the test items."


WHY: Mapping[Reason, str] = {
    "agreed": "",
    "own statistics": "",
    "asked for": "",
    "labelled": "because its labelled items favour the original model",
    "same domain": "which looks like the same domain",
    "collapse": "because predictions collapsed there",
    "source lost": "because accuracy on the source would have been lost",
    "not clearer": "because nothing shows that it would help",
}
"""Why it was not done, inside a sentence."""


def transferred(verdict: Verdict, scored: Scored, primary: str, served: str) -> str:
    """What pretrained knowledge was worth."""
    reached = f"{100 * scored.scores[primary].value:.1f}% {primary.replace('_', ' ')}"
    points = f"{100 * abs(verdict.delta):.1f} points"
    if served == "simple":
        return f"A simple non-deep model wins by {points}; it is what the model folder holds."
    if verdict.outcome == "positive":
        return f"Transfer helped: {reached}, {points} above the best control ({verdict.against})."
    if verdict.outcome == "negative":
        return f"Transfer hurt: {reached}, {points} below the best control ({verdict.against})."
    if verdict.outcome == "no_material_difference":
        return f"{reached}, and no material difference to the best control ({verdict.against})."
    count = len(scored.targets)
    settled = verdict.needed is not None and verdict.scored == count  # not a comparison on some of them
    needed = f"; about {verdict.needed:,} would settle it" if settled else ""
    return f"{reached}; whether transfer helped cannot be told from {count:,} items{needed}."
