"""Fine-tune on the target's classes and, beside them, on what they say about those of the pretraining."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import Backbone, BackboneInfo, LinearHead
from headstart.core.errors import UserError
from headstart.core.settings import Meaning
from headstart.core.task import Task
from headstart.core.training import InputStrategy, Penalty, Preparation, Schedule, Seen, Start
from headstart.strategies._depth import Decay, groups_by_depth

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from headstart.core.features import Features

AT_ONCE = 1024
"""Items whose pretrained predictions are held at a time."""


@dataclass(frozen=True, kw_only=True)
class CoTuning(InputStrategy):
    """Co-Tuning (You, Kou, Long and Wang 2020, "Co-Tuning for Transfer Learning", NeurIPS): the layer that the body was
    pretrained with stays on and is trained, too, by ``strength`` times the cross-entropy to p(source class | target
    class), so that what it knows is not thrown away. That relation is the mean of the pretrained predictions over the
    training items of a class, which the paper calls the direct approach. Departures: no calibration of these
    predictions, and the target's head starts from the probe.
    """

    summary: ClassVar[str] = "Fine-tune with the pretrained classifier on top, too (Co-Tuning, NeurIPS 2020)."
    candidate: ClassVar[bool] = False

    strength: Annotated[float, Meaning(says="Weight of the loss on the classes of the pretraining.")] = 2.3
    decay: Decay = 0.8
    schedule: Schedule = Schedule(epochs=5, rate_scale=1.0, batch_size=32, warmup_steps=10, augment="mild")

    def supports(self, info: BackboneInfo, task: Task) -> str | None:
        """Bodies that come with their classifier."""
        del task
        return None if info.classes else f"{info.name} comes without a layer for the classes of its pretraining."

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`.

        Raises:
            UserError: the body came without its classifier.
        """
        if not backbone.info.classes:
            raise UserError(
                f"{backbone.info.name} comes without a layer for the classes of its pretraining; choose 'lp_ft', which "
                "is the same without it."
            )
        return Preparation(frozen_blocks=0, groups=groups_by_depth(backbone, 0, self.decay))

    def penalty(self, start: Start) -> Penalty:
        """See `InputStrategy.penalty`.

        Raises:
            UserError: the classifier is not there.
        """
        classifier = start.classifier()
        if classifier is None:
            raise UserError(
                f"The layer that {start.source.info.name} was pretrained with is not in the local store. Fetch the "
                "model again, or choose 'lp_ft', which is the same without it."
            )
        relation = related(classifier, start.features, start.targets, len(start.head.bias))
        return _Beside(classifier, relation, self.strength)


def related(
    classifier: LinearHead, features: NDArray[np.floating] | Features, targets: NDArray[np.int64], outputs: int
) -> NDArray[np.float64]:
    """p(source class | target class) ``(outputs, S)``: what ``classifier`` says of ``features (n, D)``, in the mean
    over the items of each class of ``targets (n,)``.

    A class without items is related to all source classes alike. Few items at a time: there may be many of both.
    """
    import numpy as np
    from scipy.special import softmax

    sums = np.zeros((outputs, len(classifier.bias)))
    for first in range(0, len(targets), AT_ONCE):
        rows = np.arange(first, min(first + AT_ONCE, len(targets)))
        chances = softmax(classifier.logits(np.asarray(features[rows], dtype=np.float64)), axis=1)
        np.add.at(sums, targets[rows], chances)
    counts = np.bincount(targets, minlength=outputs)[:, None]
    return np.where(counts > 0, sums / np.maximum(counts, 1), 1.0 / sums.shape[1])


class _Beside(Penalty):
    def __init__(self, classifier: LinearHead, relation: NDArray[np.float64], strength: float) -> None:
        import torch

        layer = torch.nn.Linear(classifier.weight.shape[1], classifier.weight.shape[0])
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(classifier.weight))
            layer.bias.copy_(torch.from_numpy(classifier.bias))
        self.module = layer
        self._relation = torch.from_numpy(relation).float()
        self._strength = strength

    def loss(self, seen: Seen) -> torch.Tensor:
        import torch

        assert self.module is not None
        self._relation = self._relation.to(seen.features.device)
        logs = torch.log_softmax(self.module(seen.features), dim=1)
        return -self._strength * ((seen.labels @ self._relation) * logs).sum(dim=1).mean()
