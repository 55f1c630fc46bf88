"""What preprocessing of texts and of sounds have in common: both go into the exported folder."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headstart.core.backbone import Preprocess


class SequencePreprocess(Preprocess):
    """`Preprocess` that can be written down for transformers."""

    @property
    @abstractmethod
    def told(self) -> Mapping[str, Any]:
        """What ``config.json`` has to say of it."""

    @abstractmethod
    def export(self, folder: Path) -> None:
        """Write the files that transformers reads it from."""
