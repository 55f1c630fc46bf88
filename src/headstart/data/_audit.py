"""What is remarkable about the data, worded for people and coded for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from headstart.core.dataset import Issue, Issues
from headstart.core.errors import UserError
from headstart.core.words import counted
from headstart.data._duplicates import Ties, join
from headstart.data._finding import Finding
from headstart.data._issues import examples, issue
from headstart.data._text import EMPTY

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CONTRADICTED = 1 / 3
"""Share of items that must be got wrong because identical ones have other labels; beyond it items have several each."""

WORTH_TELLING = 0.01
"""Share of items that must be got wrong from which on it is told what can be reached."""

MOST_UNUSABLE = 0.20
"""Share of items that may be left out; beyond it the data are not what the user thinks they are."""

IMBALANCE = 10.0
"""Largest class by smallest class from which on it is worth a note."""

LONG_TEXT = 2000
"""Characters; text models read some 256 to 512 tokens, about this much English."""

ODDITIES = {
    "wrong_extension": "of another format than the name's ending says, read by content",
    "more_channels": "with channels beside grey or red, green and blue, which are not read",
    "cmyk": "in the colours of printing (CMYK), converted to RGB",
    "deep_grey": "with grey of more than 8 bits, scaled to 8",
    "transparent": "with transparent parts, laid over white",
    "tiny_image": "with a side shorter than 32 pixels",
    "extreme_aspect": "with one side more than 8 times as long as the other",
    "animation": "with more than one frame, of which the first is read",
}
"""Codes of what `headstart.data._image.decode` notices, and what to say of such an image."""

_SEVERE = ("wrong_extension", "extreme_aspect", "silent")
_ORDER = {"error": 0, "warning": 1, "note": 2}


def ordered(issues: Sequence[Issue]) -> Issues:
    """Errors first, then warnings, then notes; otherwise as found."""
    return Issues(sorted(issues, key=lambda found: _ORDER[found.severity]))


def unusable(
    ids: Sequence[str],
    findings: Sequence[Finding],
    labels: Sequence[str | None],
    no_domain: NDArray[np.bool_],
    problems: list[str],
) -> tuple[NDArray[np.bool_], list[Issue]]:
    """Mask ``(N,)`` of the rows that cannot be used, and who they are; too many, of a kind or in all, go to
    ``problems``.
    """
    empty_text = np.array([finding.problem == EMPTY for finding in findings], dtype=bool)
    unreadable = np.array([finding.problem is not None for finding in findings], dtype=bool) & ~empty_text
    empty_label = np.array([label is None for label in labels], dtype=bool)
    found, before, kinds = [], len(problems), list[str]()
    for code, mask, what, remedy in (
        ("unreadable", unreadable, "could not be read", "repair or remove them"),
        ("empty_text", empty_text, "without any text", "fill or remove them"),
        ("empty_label", empty_label, "without a label", "label or remove them"),
        ("empty_domain", no_domain, "without a domain", "name their domain or remove them"),
    ):
        rows = np.flatnonzero(mask).tolist()
        if not rows:
            continue
        some = "; ".join(_named(ids[row], findings[row], code) for row in rows[:3])
        some += f"; and {len(rows) - 3:,} more" if len(rows) > 3 else ""
        kinds.append(f"{len(rows):,} {what}")
        found.append(
            issue(code, "warning", f"Left out: {counted(len(rows), 'item')} {what} ({some}).", [ids[r] for r in rows])
        )
        if len(rows) > MOST_UNUSABLE * len(ids):
            problems.append(
                f"{counted(len(rows), 'item')} of {len(ids):,} {what} ({some}), and at most {MOST_UNUSABLE:.0%} may "
                f"be left out; {remedy}."
            )
    useless = unreadable | empty_text | empty_label | no_domain
    count = int(useless.sum())
    if len(problems) == before and count > MOST_UNUSABLE * len(ids):
        problems.append(
            f"{counted(count, 'item')} of {len(ids):,} cannot be used ({', '.join(kinds)}), and at most "
            f"{MOST_UNUSABLE:.0%} may be left out; repair or complete them, or remove them."
        )
    return useless, found


def _named(name: str, finding: Finding, code: str) -> str:
    return f"'{name}': {finding.problem}" if code == "unreadable" else f"'{name}'"


def odd_images(ids: Sequence[str], findings: Sequence[Finding]) -> list[Issue]:
    """One issue per kind of oddity among N readable images."""
    return odd(ids, findings, ODDITIES, "image")


def odd(ids: Sequence[str], findings: Sequence[Finding], oddities: Mapping[str, str], noun: str) -> list[Issue]:
    """One issue per code in ``oddities`` (with what to say of such an item) among N readable items."""
    found = []
    for code, phrase in oddities.items():
        names = [name for name, finding in zip(ids, findings, strict=True) if code in finding.odd]
        if names:
            sentence = f"{counted(len(names), noun)} {phrase}: {examples(names)}."
            found.append(issue(code, "warning" if code in _SEVERE else "note", sentence, names))
    return found


def long_texts(ids: Sequence[str], lengths: Sequence[int]) -> list[Issue]:
    """Texts of which a model may read the beginning only; ``lengths (N,)`` in characters."""
    names = [name for name, length in zip(ids, lengths, strict=True) if length > LONG_TEXT]
    if not names:
        return []
    sentence = f"{counted(len(names), 'text')} of more than {LONG_TEXT:,} characters: models read only the beginning."
    return [issue("long_text", "note", sentence, names)]


def duplicates(ids: Sequence[str], labels: Sequence[str], ties: Ties) -> list[Issue]:
    """Copies among N rows. All of them are kept here, and no split parts them.

    Identical items with different labels are kept too: which label is right is the user's to say, and leaving either
    out would hide that no model can be right on both.
    """
    found = []
    exact = _together(ties.exact)
    if exact:
        sentence = f"{_copies(exact)} exact copies, which no split parts: {_pair(ids, exact)}."
        found.append(issue("exact_duplicates", "warning", sentence, _all(ids, exact)))
    near = [rows for rows in _together(ties.near) if len(set(ties.exact[rows])) > 1]
    if near:
        sentence = f"{_copies(near)} nearly the same, and no split parts them: {_pair(ids, near)}."
        found.append(issue("near_duplicates", "warning", sentence, _all(ids, near)))
    torn = _torn(labels, ties)
    if torn:
        sentence = (
            f"{_copies(torn)} identical but labelled differently, so some of these labels are wrong: "
            f"{_two_labels(ids, labels, torn[0])}."
        )
        lost = _contradicted(labels, torn) / len(labels)
        if lost >= WORTH_TELLING:
            sentence += f" No model can be right on more than {1 - lost:.0%} of all items."
        found.append(issue("conflicting_duplicates", "warning", sentence, _all(ids, torn)))
    return found


def refuse_contradicted(ids: Sequence[str], labels: Sequence[str], ties: Ties) -> None:
    """See that most of N items can be got right, identical ones by the label that most of them have.

    Raises:
        UserError: they cannot.
    """
    torn = _torn(labels, ties)
    count, lost = sum(map(len, torn)), _contradicted(labels, torn)
    if lost <= MOST_CONTRADICTED * len(ids):
        return
    raise UserError(
        f"{count:,} of {counted(len(ids), 'item')} are identical to one with another label "
        f"({_two_labels(ids, labels, torn[0])}): nothing can be right on more than {1 - lost / len(ids):.0%} of them. "
        "Give every item one label."
    )


def _torn(labels: Sequence[str], ties: Ties) -> list[list[int]]:
    """Row numbers of every set of identical items with different labels."""
    return [rows for rows in _together(ties.exact) if len({labels[row] for row in rows}) > 1]


def _contradicted(labels: Sequence[str], torn: Sequence[Sequence[int]]) -> int:
    """How many items of the sets must be got wrong when identical ones are given the label that most of them have."""
    return sum(len(rows) - Counter(labels[row] for row in rows).most_common(1)[0][1] for rows in torn)


def leaks(
    ids: Sequence[str], is_test: NDArray[np.bool_], ties: Ties, user_groups: NDArray[np.int64] | None
) -> tuple[NDArray[np.bool_], list[Issue]]:
    """Mask ``(N,)`` of the training rows that must go because the test split holds a copy or one of their group.

    Ties reach further than one step: a copy of an item whose group the test split holds must go, too. The code of an
    issue says whether copies alone tie a row to the test split (``leak``), or groups do as well (``group_leak``).
    """
    copied = ~is_test & np.isin(ties.near, ties.near[is_test])
    found = []
    rows = np.flatnonzero(copied).tolist()
    if rows:
        original = next(row for row in np.flatnonzero(is_test).tolist() if ties.near[row] == ties.near[rows[0]])
        sentence = (
            f"{counted(len(rows), 'training item')} removed because the test split holds a copy: "
            f"'{ids[rows[0]]}' is '{ids[original]}' there."
        )
        found.append(issue("leak", "warning", sentence, [ids[row] for row in rows]))
    if user_groups is None:
        return copied, found
    joined = join(ties.near, user_groups)
    grouped = ~is_test & ~copied & np.isin(joined, joined[is_test])
    rows = np.flatnonzero(grouped).tolist()
    if rows:
        sentence = (
            f"{counted(len(rows), 'training item')} removed because the test split holds others of the group, or of a "
            f"copy's group."
        )
        found.append(issue("group_leak", "warning", sentence, [ids[row] for row in rows]))
    return copied | grouped, found


def independent_items(labels: Sequence[str], groups: NDArray[np.int64], rows: NDArray[np.bool_]) -> dict[str, int]:
    """How many different groups each of ``labels`` has among the ``rows`` of a mask ``(N,)``."""
    members: dict[str, set[int]] = {label: set() for label in labels}
    for row in np.flatnonzero(rows).tolist():
        members[labels[row]].add(int(groups[row]))
    return {label: len(found) for label, found in members.items()}


def balance(labels: Sequence[str]) -> list[Issue]:
    """A note on very unequal classes of the training rows."""
    counts = Counter(labels).most_common()
    (largest, most), (smallest, least) = counts[0], counts[-1]
    if most < IMBALANCE * least:
        return []
    sentence = f"'{largest}' has {most:,} training items, '{smallest}' only {least:,}; scores weigh classes equally."
    return [Issue(code="imbalance", severity="note", message=sentence, count=most)]


def untested(classes: Sequence[str], tested: NDArray[np.int64]) -> list[Issue]:
    """A warning on those of ``classes (C,)`` that no item of the test split has; ``tested`` are its targets, if any."""
    present = set(tested.tolist())
    absent = [name for number, name in enumerate(classes) if number not in present]
    if not present or not absent:
        return []
    sentence = f"The test split has no item of {counted(len(absent), 'class', 'classes')}: {examples(absent)}."
    return [issue("untested_class", "warning", sentence, absent)]


def _together(groups: NDArray[np.int64]) -> list[list[int]]:
    """Row numbers of every group of more than one, in order of their first rows."""
    order = np.argsort(groups, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    return sorted(part.tolist() for part in parts if len(part) > 1)


def _copies(sets: Sequence[Sequence[int]]) -> str:
    return f"{sum(map(len, sets)):,} items in {counted(len(sets), 'set')} are"


def _pair(ids: Sequence[str], sets: Sequence[Sequence[int]]) -> str:
    return f"'{ids[sets[0][0]]}' and '{ids[sets[0][1]]}'" + (", for one" if len(sets) > 1 else "")


def _two_labels(ids: Sequence[str], labels: Sequence[str], rows: Sequence[int]) -> str:
    a, b = rows[0], next(row for row in rows if labels[row] != labels[rows[0]])
    return f"'{ids[a]}' is '{labels[a]}', '{ids[b]}' is '{labels[b]}'"


def _all(ids: Sequence[str], sets: Sequence[Sequence[int]]) -> list[str]:
    return [ids[row] for rows in sets for row in rows]
