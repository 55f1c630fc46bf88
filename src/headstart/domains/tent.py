"""Entropy minimisation at test time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from headstart.core.backbone import Backbone
from headstart.core.errors import UserError
from headstart.core.target_only import TargetMethod, TargetTraining
from headstart.core.training import ParamGroup, Preparation, Schedule

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Tent(TargetMethod):
    """Wang, Shelhamer, Liu, Olshausen and Darrell 2021, arXiv 2006.10726: scales and shifts of normalisation layers are
    trained until predictions for the target are certain; all else stays. Departures: the result has to be an ordinary
    model, so that BatchNorm keeps the statistics of the whole target in place of each batch's (`adabn`), and one pass
    is made ahead over what there is, not a step with every batch that is served. Bodies without BatchNorm have
    their LayerNorm trained. Certainty alone can be had by predicting one class for everything: mind the shares of the
    classes in the report.
    """

    summary: ClassVar[str] = "Train normalisation until target predictions are certain (TENT, Wang et al. 2021)."

    schedule: Schedule = Schedule(epochs=1, rate_scale=1.0, batch_size=32, warmup_steps=0, augment="none")

    def training(self) -> TargetTraining:
        """See `TargetMethod.training`."""
        return _Certainty(self.schedule)


class _Certainty(TargetTraining):
    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule

    def prepare(self, backbone: Backbone) -> Preparation:
        norms = {name for name, module in backbone.module.named_modules() if "norm" in type(module).__name__.lower()}
        found = [name for name, _ in backbone.module.named_parameters() if name.rpartition(".")[0] in norms]
        if not found:
            raise UserError(f"{backbone.info.name} has no normalisation with scales or shifts that could be trained.")
        group = ParamGroup(name="normalisation", parameters=tuple(found), rate=1.0, weight_decay=0.0)
        return Preparation(frozen_blocks=0, groups=(group,), head_rate=0.0)

    def loss(self, logits: torch.Tensor) -> torch.Tensor:
        import torch

        chances = torch.log_softmax(logits, dim=1)
        return -(chances.exp() * chances).sum(dim=1).mean()
