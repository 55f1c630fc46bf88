"""Which column of a table plays which part, told by name and content."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from headstart.core.data_kind import Part

LABEL_NAMES = (
    "label", "labels", "target", "class", "class_name", "category", "y",
    "sentiment", "topic", "intent", "emotion", "diagnosis", "outcome",
)  # fmt: skip
"""Usual names of a label column, the surest first."""

GROUP_NAMES = (
    "group", "group_id", "patient", "patient_id", "patientid", "subject", "subject_id",
    "speaker", "speaker_id", "recording", "recording_id",
    "source_id", "document_id", "doc_id", "video_id", "user_id", "author_id", "session_id",
)  # fmt: skip
"""Usual names of a column whose equal values belong together."""

SPLIT_NAMES = ("split", "subset", "partition", "set")

PARTS: dict[str, Part] = {
    "train": "train", "training": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "eval": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
"""What a split is called, in lower case, and which one it is."""

SAMPLE = 500
FEWEST_GROUPS = 10
"""A column that was not named as the group needs this many different values to be taken for one."""

Values = Mapping[str, Sequence[Any]]


def by_name(columns: Sequence[str], known: Sequence[str]) -> str | None:
    """The first of ``known`` that is a column, whatever its case."""
    lowered = {column.strip().lower(): column for column in reversed(columns)}
    return next((lowered[name] for name in known if name in lowered), None)


def sample(values: Sequence[Any]) -> list[Any]:
    """Up to `SAMPLE` values that are there, spread over the column."""
    step = max(1, len(values) // SAMPLE)
    return list(filter(is_there, itertools.islice(values, 0, None, step))) or list(filter(is_there, values))[:SAMPLE]


def is_there(value: Any) -> bool:
    """Whether a cell holds anything."""
    return value is not None and not (isinstance(value, str) and value == "")


def mean_words(values: Sequence[Any]) -> float:
    """Mean number of words of a column of strings; 0 when it holds anything else.

    Thai, Chinese, Japanese and their neighbours in Unicode write no spaces: two of their characters count as a word.
    """
    seen = sample(values)
    if not seen or not all(isinstance(value, str) for value in seen):
        return 0.0
    dense = sum(character >= "\u0e00" for value in seen for character in value) / 2
    return (sum(len(value.split()) for value in seen) + dense) / len(seen)


def free_text(values: Values) -> list[str]:
    """Columns of free text (more than one word on average), the longest first."""
    words = {name: mean_words(column) for name, column in values.items()}
    texts = [name for name in values if words[name] > 1.2]
    lengths = {name: sum(len(value) for value in sample(values[name])) / len(sample(values[name])) for name in texts}
    return sorted(texts, key=lambda name: -lengths[name])


def only_text(values: Values) -> list[str]:
    """The one column of strings that mostly differ, if there is just one: single words may be what is classified."""
    found = [name for name, column in values.items() if mean_words(column) > 0 and len(set(column)) > len(column) / 2]
    return found if len(found) == 1 else []


def class_like(values: Values) -> list[str]:
    """Columns of few different, often repeated texts, integers or truth values."""
    found = []
    for name, column in values.items():
        present = list(filter(is_there, column))
        if not all(isinstance(value, str | int) for value in present):
            continue
        different = len(set(present))
        if 2 <= different <= max(2, min(100, len(present) // 5)) and mean_words(column) <= 3:
            found.append(name)
    return found


def split_parts(values: Sequence[Any]) -> list[Part] | None:
    """The split of every row when all values are names of splits and one of them is ``train``, else None."""
    names = [str(value).strip().lower() if value is not None else "" for value in values]
    if not set(names) <= PARTS.keys() or not any(PARTS[name] == "train" for name in set(names)):
        return None
    return [PARTS[name] for name in names]


def is_group_like(values: Sequence[Any]) -> bool:
    """Whether an unnamed column can be the group: short values, many of them, some repeated."""
    present = list(filter(is_there, values))
    hashable = all(isinstance(value, str | int | float) for value in present)
    return hashable and mean_words(present) <= 2 and FEWEST_GROUPS <= len(set(present)) < len(present)
