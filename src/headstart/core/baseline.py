"""Simple, non-deep models: what a careful person would try before any pretrained network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from headstart.core.dataset import Modality

if TYPE_CHECKING:
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray


class Described(Protocol):
    """N items as `Baseline.describe` gives them, and a part of them by row numbers."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: NDArray[np.int64], /) -> Self: ...


D = TypeVar("D", bound=Described)


class Baseline(ABC, Generic[D]):
    """Fit, predict, save, load. Used as the ``simple`` control and served when it beats the transfer."""

    modality: ClassVar[Modality]
    summary: ClassVar[str]
    least_side: int | None = None
    """See `headstart.core.backbone.Preprocess.least_side`; a fitted one is read for as it was fitted."""

    @abstractmethod
    def describe(self, items: Sequence[Any]) -> D:
        """What decoded items (image: RGB ``PIL.Image``; text: ``str``) say, each by itself: nothing is learnt from them
        here, so that folds can share it.
        """

    @abstractmethod
    def fit(
        self,
        described: D,
        targets: NDArray[np.int64],
        outputs: int,
        groups: NDArray[np.int64] | None = None,
    ) -> None:
        """Learn from items; penalties are chosen inside.

        Items of equal ``groups (N,)`` are never on both sides of such a choice.
        """

    @abstractmethod
    def logits(self, described: D) -> NDArray[np.float64]:
        """``(N, outputs)`` for N items."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write JSON and safetensors into ``folder``; no pickle."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path) -> Baseline:
        """What ``save`` wrote.

        Raises:
            Unavailable: a file is missing or damaged.
        """
