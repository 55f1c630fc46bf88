"""Families that read sounds: what they hear is decided when they are built."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from headstart.backbones._family import Family, numbers, own
from headstart.backbones._head import head_of
from headstart.core.backbone import LinearHead
from headstart.core.dataset import Modality

if TYPE_CHECKING:
    import torch

    from headstart.backbones._sequence_input import SequencePreprocess

EXTRACTOR = "preprocessor_config.json"
"""Where transformers keeps how sounds become what a model reads."""


class SoundFamily(Family):
    """A family whose classification model averages what a linear ``projector`` makes of every step, and whose
    ``classifier`` reads the mean: with the identity for a projector the features are the mean over all steps.
    """

    modality: ClassVar[Modality] = "audio"
    pooling: ClassVar[str] = "mean"
    classifier: ClassVar[str] = "classifier"
    """Name of the classification model's last linear layer."""

    @abstractmethod
    def seconds(self, config: Mapping[str, Any]) -> int:
        """How much is heard at a time by the model that the content of ``config.json`` describes."""

    @abstractmethod
    def listening(
        self, name: str, config: Mapping[str, Any], extractor: Mapping[str, Any], seconds: int
    ) -> tuple[dict[str, Any], SequencePreprocess]:
        """``config`` of the model ``name`` changed to hear ``seconds`` at a time, and what makes sounds ready for it.

        ``extractor`` is the content of `EXTRACTOR`; without any, the library's own values hold.

        Raises:
            UserError: the model cannot hear as long.
        """

    def between(self, width: int) -> dict[str, torch.Tensor]:
        """Weights of what the classification model has before its last layer, such that features pass unchanged."""
        import torch

        return {"projector.weight": torch.eye(width), "projector.bias": torch.zeros(width)}

    def written(self, body: Any, head: LinearHead) -> dict[str, torch.Tensor]:
        """See `Family.written`."""
        last = {f"{self.classifier}.weight": numbers(head.weight), f"{self.classifier}.bias": numbers(head.bias)}
        return own(body, self.prefix) | self.between(body.config.hidden_size) | last

    def changes(self, config: Any) -> dict[str, Any]:
        """See `Family.changes`."""
        return {"classifier_proj_size": config.hidden_size, "use_weighted_layer_sum": False}

    def parted(self, tensors: Mapping[str, torch.Tensor], config: Any) -> tuple[dict[str, torch.Tensor], LinearHead]:
        """See `Family.parted`."""
        del config
        weight, bias = (tensors.get(f"{self.classifier}.{name}") for name in ("weight", "bias"))
        return self.bodily(tensors), head_of(weight, bias)
