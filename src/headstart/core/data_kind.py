"""Where labelled data come from: what every kind of source gives, before anything is checked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from headstart.core.dataset import Issue, Modality
from headstart.core.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

Part = Literal["train", "validation", "test"]


@dataclass(frozen=True, kw_only=True)
class Roles:
    """Columns the user named; None means: find it, or of ``domain``: there is none. Where rows are not ``labelled``,
    nothing is looked for that could be a label: whatever is there is left unread. The ``domain`` may be missing unless
    it is ``required``.
    """

    input: str | None = None
    label: str | None = None
    group: str | None = None
    domain: str | None = None
    labelled: bool = True
    required: bool = True

    def __post_init__(self) -> None:
        """Refuse names that are empty: they are a shell variable that is not set, as a rule.

        Raises:
            UserError: there are some; all of them.
        """
        named = {"input": self.input, "label": self.label, "group": self.group, "domain": self.domain}
        empty = [role for role, name in named.items() if name == ""]
        if empty:
            raise UserError(*(f"--{role} ({role}=) is empty; name a column, or leave it out." for role in empty))


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """Rows as the source holds them, N of each: nothing is decoded, checked or dropped yet.

    ``items`` is an Arrow column: large strings for texts, ``struct<path: large_string, bytes: large_binary>`` for
    images. ``labels`` are the source's own values, None where there is none; ``groups`` and ``domains`` likewise, or
    None when no column plays that part. ``parts`` says which split the source puts a row in; a source without splits
    says ``train`` throughout. ``roles`` names what plays which part, for people. ``unreadable`` says why, by row
    number, for rows that could not even be put into ``items`` (they are null there).
    """

    name: str
    modality: Modality
    ids: Sequence[str]
    items: pa.ChunkedArray
    labels: Sequence[Any]
    groups: Sequence[Any] | None
    parts: Sequence[Part]
    roles: Mapping[str, str]
    issues: tuple[Issue, ...] = ()
    unreadable: Mapping[int, str] = field(default_factory=dict)
    domains: Sequence[Any] | None = None


class DataKind(ABC):
    """A kind of source; one file in ``data/``."""

    columnar: ClassVar[bool]
    """Whether it has named columns, so that roles can be named."""

    @abstractmethod
    def accepts(self, source: Any) -> bool:
        """Whether ``source`` is of this kind. Looks at types and names, reads no data."""

    @abstractmethod
    def read(self, source: Any, roles: Roles) -> RawTable:
        """The rows of ``source``.

        Raises:
            UserError: it holds nothing usable, or a column cannot be told; all such problems at once.
        """
