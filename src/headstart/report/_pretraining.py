"""What the distance from the pretraining says, in sentences."""

from __future__ import annotations

from headstart.core.dataset import Modality
from headstart.core.domain_card import FromPretraining, FromVocabulary
from headstart.report._format import percent, plain

LANDMARKS = (
    (0.02, "colour photographs"),
    (0.04, "grey photographs"),
    (0.06, "emoji"),
    (0.11, "pictures of solar cells"),
    (0.12, "handwritten digits"),
    (0.17, "noise"),
)
"""Means over EfficientNet-Lite0 and -Lite2, pretrained on ImageNet (`bench pretraining`)."""


LANGUAGES = ((2.0, "English"), (2.6, "French"), (3.3, "German"), (6.7, "Russian"))
"""Pieces per word of names and keywords of emoji, by the vocabulary of MiniLM-L6, which is BERT's English one (the same
measurement)."""
MANY_UNKNOWN = 0.05


def answer(found: FromPretraining, modality: Modality) -> str:
    """The distance in one sentence, and where that is on the scale."""
    said = f"{plain(found.distance, 2)} ({plain(found.low, 2)} to {plain(found.high, 2)}), where 0 is the same"
    return f"{said}: {_beside(found.distance)}." if modality == "image" else f"{said}."


def _beside(distance: float) -> str:
    known = round(distance, 2)
    for landmark in LANDMARKS:
        if landmark[0] == known:
            return f"about as far as {_named(landmark)} from ImageNet"
    if known < LANDMARKS[0][0]:
        return f"nearer than {_named(LANDMARKS[0])} are to ImageNet"
    if known > LANDMARKS[-1][0]:
        return f"further than {_named(LANDMARKS[-1])} from ImageNet"
    above = next(place for place, (value, _) in enumerate(LANDMARKS) if value > known)
    return f"further than {_named(LANDMARKS[above - 1])} from ImageNet, and less far than {_named(LANDMARKS[above])}"


def _named(landmark: tuple[float, str]) -> str:
    value, name = landmark
    return f"{name} ({plain(value, 2)})"


def where(found: FromPretraining) -> str:
    """Which block sees the most of it; empty where there is one only."""
    if len(found.blocks) < 2:
        return ""
    farthest = max(range(len(found.blocks)), key=lambda place: found.blocks[place].distance)
    each = found.blocks[farthest]
    if farthest == 0:
        return (
            f"The most is in the first of {len(found.blocks)} blocks ({plain(each.distance, 2)}): low-level "
            "appearance, such as colour, contrast or sharpness, is unusual for it."
        )
    return f"The most is in block {farthest + 1} of {len(found.blocks)} ({plain(each.distance, 2)})."


def words(found: FromVocabulary) -> str:
    """How the vocabulary cuts up the texts, and where that is on the scale."""
    *most, last = (f"{plain(pieces)} of {name}" for pieces, name in LANGUAGES)
    said = (
        f"Its vocabulary cuts their words into {plain(found.pieces, 2)} pieces each ({plain(found.low, 2)} to "
        f"{plain(found.high, 2)}), signs included; words that were common in its pretraining stay whole. An English "
        f"vocabulary makes {', '.join(most)} and {last}."
    )
    if found.unknown >= MANY_UNKNOWN:
        said += f" {percent(found.unknown, 0)} of the pieces are unknown to it: it cannot tell them from one another."
    return said
