"""What headstart knows about a user's data once it has been read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import datasets
    import numpy as np
    from numpy.typing import NDArray

Modality = Literal["image", "text", "audio"]
NOUNS: Mapping[Modality, str] = {"image": "image", "text": "text", "audio": "clip"}
"""What one item is called, for people."""
Severity = Literal["error", "warning", "note"]
IN_MEMORY = "(an object in memory)"
"""Stands for the path of a source beside the data that came as an object: a recipe then cannot be rerun without it."""


@dataclass(frozen=True, kw_only=True)
class Issue:
    """One finding of the audit.

    ``code`` is stable and made for machines (``unreadable``, ``exact_duplicates``, ``leak``, ``tiny_class``, ...);
    ``message`` is one sentence for people; ``items`` are the ids concerned (all of them), ``count`` how many.
    """

    code: str
    severity: Severity
    message: str
    items: tuple[str, ...] = ()
    count: int = 0

    def __str__(self) -> str:
        return f"{self.severity}: {self.message}"


class Issues(tuple[Issue, ...]):
    """Issues that print as one line each, without the lists of their items."""

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "No issues found."

    __repr__ = __str__


@dataclass(frozen=True, kw_only=True)
class Split:
    """Row numbers of the table. ``test`` is empty when there is no test split: the score is then
    cross-validated.

    ``origin`` says who made it: ``given`` by the user, ``made`` here (stratified and grouped), or ``none``. One that is
    ``separate`` was given beside the data, and may be of another domain.
    """

    train: NDArray[np.int64]
    test: NDArray[np.int64]
    origin: Literal["given", "made", "none"]
    separate: bool = False


def clusters_of(domains: NDArray[np.int64] | None, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """``(N,)``: the number of the domain where there is one, and a number of the group's own elsewhere; without any
    ``domains`` the ``groups``.
    """
    import numpy as np

    if domains is None:
        return groups
    return np.where(domains >= 0, domains, domains.max(initial=-1) + 1 + groups)


class ReadBy(Protocol):
    """Says by which columns a table was read, and which of them were named."""

    @property
    def roles(self) -> Mapping[str, str]:
        """Columns by the part they play."""
        ...

    @property
    def named(self) -> Mapping[str, str]:
        """Those of them that were named."""
        ...


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Labelled items, read once and checked.

    ``table`` is a Hugging Face ``datasets.Dataset`` with one row per usable item and these columns:
    ``id`` (str, how the item is named to people: relative path or row number), ``item`` (text: str; image:
    and sound: ``{"path": str | None, "bytes": bytes | None}``), ``target`` (int, index into ``classes``) and ``digest``
    (str, SHA-256 of the item's bytes); sounds also ``seconds`` (float).

    ``groups`` has shape ``(N,)``: rows with equal numbers are tied (the user's group column, exact and near
    duplicates) and never straddle a split or a fold. ``roles`` says which column plays which part, ``named``
    which of them were named in `load`. ``source`` and ``test_source`` are the paths the items came from: ``source`` is
    empty for objects in memory, ``test_source`` where there is no second source, and `IN_MEMORY` where it is an object.
    ``licence`` is that of the data where it is known, so that a report can say what a model trained on them may be used
    for. ``domains (N,)`` are indices into ``domain_names``, -1 where an item, one to test on, has none; None where the
    data are of one domain, as far as anybody said. Training items of two domains are never tied.
    """

    name: str
    modality: Modality
    table: datasets.Dataset
    classes: tuple[str, ...]
    groups: NDArray[np.int64]
    split: Split
    fingerprint: str
    issues: tuple[Issue, ...]
    roles: Mapping[str, str]
    source: str = ""
    test_source: str = ""
    named: Mapping[str, str] = field(default_factory=dict)
    licence: str = ""
    domains: NDArray[np.int64] | None = None
    domain_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def clusters(self) -> NDArray[np.int64]:
        """Numbers ``(N,)`` of what is learnt from, held out and scored as a whole: the domains, where the data name
        them, and else the ``groups``.
        """
        return clusters_of(self.domains, self.groups)

    @cached_property
    def targets(self) -> NDArray[np.int64]:
        """Class indices, shape ``(N,)``; read-only."""
        import numpy as np

        targets = np.array(self.table["target"], dtype=np.int64)
        targets.flags.writeable = False
        return targets

    @cached_property
    def seconds(self) -> NDArray[np.float64]:
        """How long each clip lasts, shape ``(N,)``; of sounds only."""
        import numpy as np

        return np.asarray(self.table["seconds"][:], dtype=np.float64)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Names of the items, in row order."""
        return tuple(self.table["id"])


@dataclass(frozen=True, kw_only=True)
class Unlabelled:
    """Items without labels, read once and checked: those of a domain that a model is to be carried over to.

    As `Dataset`, but for the column ``target`` of the ``table``, the classes and the split: what is not there can reach
    nobody by mistake.
    """

    name: str
    modality: Modality
    table: datasets.Dataset
    groups: NDArray[np.int64]
    fingerprint: str
    issues: tuple[Issue, ...]
    roles: Mapping[str, str]
    source: str = ""
    named: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def seconds(self) -> NDArray[np.float64]:
        """How long each clip lasts, shape ``(N,)``; of sounds only."""
        import numpy as np

        return np.asarray(self.table["seconds"][:], dtype=np.float64)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Names of the items, in row order."""
        return tuple(self.table["id"])


def domain_counts(data: Dataset, rows: NDArray[np.int64]) -> dict[str, int]:
    """Items by domain among ``rows`` of the table, those that are there; empty where the data name none."""
    import numpy as np

    if data.domains is None:
        return {}
    own = data.domains[rows]
    counts = np.bincount(own[own >= 0], minlength=len(data.domain_names))
    return {name: int(count) for name, count in zip(data.domain_names, counts, strict=True) if count}
