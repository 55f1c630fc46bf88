"""Simple, non-deep models: what a careful person would try before any pretrained network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from headstart.core.dataset import Modality

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Baseline(ABC):
    """Fit, predict, save, load. Used as the ``simple`` control and served when it beats the transfer."""

    modality: ClassVar[Modality]
    summary: ClassVar[str]
    least_side: int | None = None
    """See `headstart.core.backbone.Preprocess.least_side`; a fitted one is read for as it was fitted."""

    @abstractmethod
    def fit(
        self,
        items: Sequence[Any],
        targets: NDArray[np.int64],
        outputs: int,
        groups: NDArray[np.int64] | None = None,
    ) -> None:
        """Learn from decoded items (image: RGB ``PIL.Image``; text: ``str``); penalties are chosen inside.

        Items of equal ``groups (N,)`` are never on both sides of such a choice.
        """

    @abstractmethod
    def logits(self, items: Sequence[Any]) -> NDArray[np.float64]:
        """``(N, outputs)`` for decoded items."""

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
