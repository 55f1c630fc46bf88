"""What a domain card says, in sentences."""

from __future__ import annotations

import math

from headstart.core.domain_card import LEVEL, Differing, Distance, DomainCard
from headstart.report._format import percent, plain

KINDS = {
    "classes": "Classes are more or less frequent there.",
    "content": (
        "Nothing as simple as size, brightness, length or loudness explains it: look at the items that differ most."
    ),
}
DISTANCES = {
    "separability": (
        "Separability",
        "proxy A-distance: 0 when no classifier tells the sides apart, 2 when one always does",
    ),
    "mmd": ("Discrepancy", "squared maximum mean discrepancy, Gaussian kernels"),
    "frechet": ("Fréchet distance", "of Gaussians, as a share of the spread"),
}
MOST = 3
"""Properties that are named in a sentence."""


def question(card: DomainCard) -> str:
    """What the card answers."""
    return f"Are {card.second} of the same domain as {card.first}?"


def in_short(card: DomainCard) -> str:
    """A warning for the terminal; the report has the rest."""
    how = f": a classifier tells them apart in {percent(told_apart(card), 0)} of cases" if classified(card) else ""
    told = f"; {differs(card.differing[0])}" if card.differing else ""
    return f"The {card.second} are of another domain than the {card.first}{how}{told}."


def answer(card: DomainCard) -> str:
    """The card in one sentence."""
    held = ", classes held equal" if card.within is not None else ""
    said = f"(p = {p_value(card.p if card.within is None else card.within)}{held})"
    if not card.apart and "classes" in card.kinds:
        return f"They differ in how frequent classes are, and in nothing else that shows {said}."
    if not card.apart:
        return f"They cannot be told apart: nothing speaks for another domain {said}."
    if not classified(card):
        return f"No: they are further apart than one domain split at random {said}."
    return (
        f"No: a classifier tells {card.second} from {card.first} in {percent(told_apart(card), 0)} of cases, where "
        f"guessing gives 50% {said}."
    )


def classified(card: DomainCard) -> bool:
    """Whether the classifier of sides found anything."""
    return card.separability.p <= LEVEL


def follows(card: DomainCard) -> list[str]:
    """What it looks like, and what follows from it, one sentence each."""
    said = [KINDS[kind] for kind in card.kinds if kind in KINDS]
    if "appearance" in card.kinds:
        told = "; ".join(map(differs, card.differing[:MOST]))
        said.append(f"Visible differences: {told}.")
    if "new" in card.kinds:
        said.append(
            f"{percent(card.outside, 0)} of {card.second} are like nothing among {card.first}, where 5% would be "
            "usual: items of another kind, perhaps of classes that were not learnt, or the usual ones in another "
            "look."
        )
    if card.apart:
        score = "a score on these very items" if card.within is not None else "a score on some that are labelled"
        said.append(f"What holds for {card.first} may not hold for {card.second}; {score} says how much does.")
    return said


def first_apart(card: DomainCard) -> str:
    """From which block on the sides are apart, and what that says; empty where nobody looked."""
    if len(card.blocks) < 2:
        return ""
    seen = [each.separability for each in card.blocks]
    half = 0.5 * max(each.value for each in seen)
    found = [number for number, each in enumerate(seen) if each.p <= LEVEL and each.value >= half]
    if not found:
        return "No single block tells them apart by what it gives on average."
    whole = len(card.blocks)
    if found[0] == 0:
        return (
            f"They part in the first of {whole} blocks: low-level appearance differs, such as colour, sharpness or "
            "noise of a picture, the words of a text, the recording of a sound."
        )
    name = card.blocks[found[0]].block
    return (
        f"They part from block {found[0] + 1} of {whole} ({name}) on: what the first blocks see, such as colour or "
        "sharpness, is more alike than what is shown."
    )


def differs(each: Differing) -> str:
    """A property by the means of both sides."""
    return f"{each.name} {amount(each.second)} and not {amount(each.first)}"


def told_apart(card: DomainCard) -> float:
    """The accuracy on held-out items, both sides counting the same, that the proxy A-distance stands for."""
    return 0.5 + card.separability.value / 4


def distances(card: DomainCard) -> list[tuple[str, str, Distance]]:
    """Name, meaning and value of each."""
    found = {"separability": card.separability, "mmd": card.mmd, "frechet": card.frechet}
    return [(*DISTANCES[name], value) for name, value in found.items()]


def amount(value: float) -> str:
    """Three digits that matter."""
    before = math.floor(math.log10(abs(value))) if value else 0
    return plain(value, min(6, max(0, 2 - before)))


def p_value(value: float) -> str:
    """``.41``; two digits, three below .01."""
    return f"{value:.3f}".removeprefix("0") if value < 0.01 else f"{value:.2f}".removeprefix("0")
