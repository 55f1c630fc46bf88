"""From rows as read to rows that are used: scanned, copies tied, leaks and hopeless classes out, all of it named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from headstart.core.dataset import Issue
from headstart.core.errors import UserError
from headstart.core.progress import Progress
from headstart.core.words import counted
from headstart.data import _audit
from headstart.data._audit_clips import odd_clips
from headstart.data._domains import parted, too_few_domains, without_domain
from headstart.data._duplicates import Ties, join, numbered, tie_clips, tie_images, tie_texts
from headstart.data._finding import Finding
from headstart.data._issues import examples, issue
from headstart.data._labels import look_alikes, refuse_non_classes, sorted_classes
from headstart.data._odd_domains import odd_domains, refuse_confounded, seen_in_test
from headstart.data._rows import Rows
from headstart.data._scan import scan_texts
from headstart.data._scan_clips import scan_clips
from headstart.data._scan_images import scan_images

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_LOST_TO_FOUND_GROUP = 0.2
"""A group column that was not named is dropped rather than cost more than this share of the training items."""

GONE = {
    "leak": "with a copy in the test split",
    "group_leak": "with others of their group in the test split",
    "shared_by_domains": "with a copy or others of their group in another domain",
}
"""What to say of training items that were removed for the sake of an honest score, by the code of the issue."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """The rows that are used, with everything known of them; all of length N. ``seconds`` are zero but for sounds."""

    rows: Rows
    labels: Sequence[str]
    digests: Sequence[str]
    seconds: Sequence[float]
    groups: NDArray[np.int64]
    issues: Sequence[Issue]


@dataclass(frozen=True, kw_only=True)
class Places:
    """What messages call the places of ``labels`` and ``domains``."""

    labels: str
    domains: str = ""


def check(rows: Rows, *, places: Places, group_named: bool, progress: Progress) -> Checked:
    """What is left of ``rows``, and every issue found; ``places`` are what messages call their sources.

    Raises:
        UserError: too much cannot be used, or the labels cannot be learnt; all problems of a step at once.
    """
    findings = scanned(rows, progress)
    useless, issues = _first_check(rows, findings, places)
    rows, findings = rows.keep(~useless), _kept(findings, ~useless)
    ties = tied(rows, findings)
    labels = [label for label in rows.labels if label is not None]
    _audit.refuse_contradicted(rows.ids, labels, ties)
    issues += odd(rows, findings, labels)
    issues += _audit.duplicates(rows.ids, labels, ties)

    rows, groups, leaking, found = _group(rows, ties, group_named=group_named)
    issues += found
    gone = leaking
    if rows.domains is not None:
        shared, told = parted(rows.ids, rows.domains, groups, ~rows.is_test & ~leaking)
        gone, issues, found = leaking | shared, [*issues, *told], [*found, *told]
    keep, tiny = _enough(labels, groups, rows.is_test, ~gone, found)
    issues += tiny
    rows, labels = rows.keep(keep), [label for label, kept in zip(labels, keep, strict=True) if kept]
    learnt = np.flatnonzero(~rows.is_test).tolist()
    issues += _audit.balance([labels[row] for row in learnt])
    if rows.domains is not None:
        gone_before = _gone([*found, *tiny])
        if problems := too_few_domains(rows.domains, rows.is_test, places.domains, gone_before):
            raise UserError(*problems)
        trained, their = [labels[row] for row in learnt], [str(rows.domains[row]) for row in learnt]
        refuse_confounded(trained, their, places.domains, gone_before)
        issues += seen_in_test(rows.domains, rows.is_test)
        issues += odd_domains(trained, their, places.domains)
    if rows.modality == "text":
        issues += _audit.long_texts(rows.ids, [len(text.as_py()) for text in rows.items])
    return Checked(
        rows=rows,
        labels=labels,
        digests=[finding.digest for finding, kept in zip(findings, keep, strict=True) if kept],
        seconds=[finding.seconds for finding, kept in zip(findings, keep, strict=True) if kept],
        groups=numbered(groups[keep].tolist()),
        issues=issues,
    )


def usable(rows: Rows, progress: Progress) -> tuple[Rows, list[Finding], list[Issue]]:
    """Those of ``rows`` that can be used, what is found in them, and who the others are.

    Raises:
        UserError: too many cannot be used.
    """
    findings = scanned(rows, progress)
    problems: list[str] = []
    nothing = np.zeros(len(rows), dtype=bool)
    useless, issues = _audit.unusable(rows.ids, findings, rows.labels, nothing, problems)
    if problems:
        raise UserError(*problems)
    return rows.keep(~useless), _kept(findings, ~useless), issues


def _kept(findings: Sequence[Finding], mask: NDArray[np.bool_]) -> list[Finding]:
    return [finding for finding, kept in zip(findings, mask, strict=True) if kept]


def scanned(rows: Rows, progress: Progress) -> list[Finding]:
    """What is found in each of N rows, those that could not even be read among them."""
    found = _looked_at(rows, progress)
    return [
        Finding(problem=rows.unreadable[number]) if number in rows.unreadable else finding
        for number, finding in enumerate(found)
    ]


def _looked_at(rows: Rows, progress: Progress) -> list[Finding]:
    match rows.modality:
        case "text":
            return scan_texts(rows.items)
        case "image":
            return scan_images(rows.items, progress)
        case "audio":
            return scan_clips(rows.items, progress)


def tied(rows: Rows, findings: Sequence[Finding]) -> Ties:
    """Which of N usable rows are copies of one another, exactly or nearly."""
    match rows.modality:
        case "text":
            return tie_texts(findings, rows.items.to_pylist())
        case "image":
            return tie_images(findings)
        case "audio":
            return tie_clips(findings)


def grouped(rows: Rows, ties: Ties) -> NDArray[np.int64]:
    """Group numbers ``(N,)`` from 0: copies are together, and what the user's groups tie."""
    keys = _keys(rows)
    return numbered((ties.near if keys is None else join(ties.near, keys)).tolist())


def _keys(rows: Rows) -> NDArray[np.int64] | None:
    """Numbers ``(N,)`` of the user's groups, where there are any; a row without one is by itself."""
    if rows.group_keys is None:
        return None
    return numbered([("row", n) if key is None else ("key", str(key)) for n, key in enumerate(rows.group_keys)])


def odd(rows: Rows, findings: Sequence[Finding], labels: Sequence[str]) -> list[Issue]:
    """Issues of N usable pictures or sounds, of the classes ``labels (N,)``."""
    match rows.modality:
        case "text":
            return []
        case "image":
            return _audit.odd_images(rows.ids, findings)
        case "audio":
            return odd_clips(rows.ids, findings, labels)


def _first_check(rows: Rows, findings: Sequence[Finding], places: Places) -> tuple[NDArray[np.bool_], list[Issue]]:
    """Mask of the rows that cannot be used, with their issues.

    Raises:
        UserError: too many of them, or labels that cannot be learnt; all problems at once.
    """
    problems: list[str] = []
    no_domain = without_domain(rows.domains, rows.is_test)
    useless, issues = _audit.unusable(rows.ids, findings, rows.labels, no_domain, problems)
    if rows.domains is not None:
        problems += too_few_domains(rows.domains, rows.is_test, places.domains)
    present = [label for label in rows.labels if label is not None]
    trained = {label for label, test in zip(rows.labels, rows.is_test, strict=True) if label is not None and not test}
    try:
        refuse_non_classes(present, places.labels)
    except UserError as error:
        problems += error.problems
    if len(trained) == 1:
        who = "All training items" if rows.is_test.any() else "All items"
        problems.append(
            f"{who} are labelled '{next(iter(trained))}' in {places.labels}; at least two classes are needed."
        )
    unseen = sorted(set(present) - trained)
    if unseen and trained:
        problems.append(
            f"The test split has the labels {examples(unseen)}, which no training item has; "
            f"training has {examples(sorted_classes(trained), most=8)}."
        )
    if rows.is_test.any() and useless[rows.is_test].all():
        problems.append("No item of the test split can be used; repair it or leave it out.")
    if problems:
        raise UserError(*problems)
    return useless, [*issues, *_confusable(trained)]


def _confusable(classes: set[str]) -> list[Issue]:
    return [
        issue(
            "similar_classes",
            "warning",
            f"Classes {examples(names)} have almost the same name: are they one?",
            names,
        )
        for names in look_alikes(sorted_classes(classes))
    ]


def _group(
    rows: Rows, ties: Ties, *, group_named: bool
) -> tuple[Rows, NDArray[np.int64], NDArray[np.bool_], list[Issue]]:
    """Rows (without a found group that costs too much), groups, mask of the training rows that leak, and issues."""
    user = _keys(rows)
    leaking, issues = _audit.leaks(rows.ids, rows.is_test, ties, user)
    lost = sum(found.count for found in issues if found.code == "group_leak")
    if user is not None and not group_named and lost > MOST_LOST_TO_FOUND_GROUP * (~rows.is_test).sum():
        leaking, issues = _audit.leaks(rows.ids, rows.is_test, ties, None)
        sentence = (
            f"{counted(lost, 'training item')} share a group with test items by a column that was not named as the "
            f"group, so the column was not used; name it as the group to use it."
        )
        issues.append(Issue(code="group_dropped", severity="warning", message=sentence, count=lost))
        rows, user = replace(rows, group_keys=None), None
    return rows, ties.near if user is None else join(ties.near, user), leaking, issues


def _enough(
    labels: Sequence[str],
    groups: NDArray[np.int64],
    is_test: NDArray[np.bool_],
    keep: NDArray[np.bool_],
    found: Sequence[Issue],
) -> tuple[NDArray[np.bool_], list[Issue]]:
    """Mask of the rows of classes with at least two independent training items, and which classes fell short.

    ``found`` says what was removed from the training items before.

    Raises:
        UserError: fewer than two classes are left.
    """
    sizes = _audit.independent_items(labels, groups, ~is_test & keep)
    tiny = [label for label in sorted_classes(sizes) if sizes[label] < 2]
    if len(sizes) - len(tiny) < 2:
        raise UserError(_too_few(sizes, found, int((~is_test).sum())))
    outside = np.asarray([sizes[label] < 2 for label in labels], dtype=bool) & keep
    issues = []
    if tiny:
        sentence = (
            f"Left out: {counted(len(tiny), 'class', 'classes')} with fewer than two usable training items (copies "
            f"and groups count once), {examples(tiny)}, and so {counted(int(outside.sum()), 'item')}."
        )
        issues.append(issue("tiny_class", "warning", sentence, tiny))
    return keep & ~outside, issues


def _gone(found: Sequence[Issue]) -> list[str]:
    """How many training items were removed, and why, of what was ``found``."""
    return [f"{each.count:,} {GONE[each.code]}" for each in found if each.code in GONE]


def _too_few(sizes: Mapping[str, int], found: Sequence[Issue], trained: int) -> str:
    """Why there is nothing to learn from, given ``sizes`` by class and what was ``found`` among ``trained`` items."""
    counts = ", ".join(f"'{label}' has {sizes[label]}" for label in sorted_classes(sizes)[:8])
    gone = _gone(found)
    if gone:
        tested = (
            "test on other items, give no test split, or add" if any("leak" in each.code for each in found) else "add"
        )
        return (
            f"Of {counted(trained, 'training item')}, {' and '.join(gone)} had to go, which leaves fewer than two "
            f"classes with at least two usable ones (copies and groups count once): {counts}; {tested} "
            f"training items."
        )
    tied = trained - sum(sizes.values())
    copied = f" {tied:,} of {counted(trained, 'item')} are copies of others, or nearly, or in one group with them."
    return (
        f"Fewer than two classes have at least two usable training items (copies and groups count once): {counts}."
        f"{copied if tied else ''} Add items."
    )
