"""Adaptive batch normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headstart.core.backbone import BackboneInfo
from headstart.core.target_only import TargetMethod


@dataclass(frozen=True, kw_only=True)
class AdaBn(TargetMethod):
    """Li, Wang, Shi, Liu and Hou 2016, arXiv 1603.04779: means and variances in BatchNorm layers are those of the
    domain that an item is of. Forward passes alone: one over the source, by which the head is fitted, one over the
    target, whose statistics the body ends with. They are means over batches, as PyTorch's cumulative averages are.
    """

    candidate: ClassVar[bool] = True

    summary: ClassVar[str] = "Normalise each domain by batch statistics of its own (AdaBN, Li et al. 2016)."

    def supports(self, info: BackboneInfo) -> str | None:
        """Bodies with BatchNorm."""
        if info.batch_norm is False:
            return f"{info.name} has no BatchNorm, whose statistics this is about."
        return None
