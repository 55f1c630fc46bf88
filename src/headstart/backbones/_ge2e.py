"""GE2E, the speaker encoder of Resemblyzer (Wan et al. 2018, arXiv 1710.10467): LSTMs over mel spectrograms.

transformers has no such model, so that what it is goes into the model folder as code (`_ge2e_model`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from headstart.backbones._family import MARKER, chain
from headstart.backbones._sound_family import SoundFamily
from headstart.backbones._waves import Waves
from headstart.core.backbone import Block
from headstart.core.sound import LONGEST_HEARD

if TYPE_CHECKING:
    from headstart.backbones._family import State

RATE, WINDOW, HOP, FRAMES = 16_000, 400, 160, 160
"""As in `_ge2e_model`, which imports transformers."""


class Ge2e(SoundFamily):
    """Features: the mean of the vectors of all parts of 1.6 seconds, of unit norm as they are.

    A state holds the frames of all parts one after the other, and a mask that leaves out parts that a sound does not
    have.
    """

    kind: ClassVar[str] = "headstart_ge2e"
    prefix: ClassVar[str] = "ge2e."
    classifies: ClassVar[str] = "Ge2eForAudioClassification"
    pooling: ClassVar[str] = "parts"
    code: ClassVar[Path | None] = Path(__file__).with_name("_ge2e_model.py")

    def configured(self, config: Mapping[str, Any]) -> Any:
        """See `Family.configured`."""
        from headstart.backbones._ge2e_model import Ge2eConfig

        left_out = (MARKER, "headstart", "model_type", "auto_map", "architectures")
        return Ge2eConfig(**{name: value for name, value in config.items() if name not in left_out})

    def body(self, config: Any) -> Any:
        """See `Family.body`."""
        from headstart.backbones._ge2e_model import Ge2eModel

        return Ge2eModel(config)

    def seconds(self, config: Mapping[str, Any]) -> int:
        """See `SoundFamily.seconds`."""
        del config
        return LONGEST_HEARD

    def listening(
        self, name: str, config: Mapping[str, Any], extractor: Mapping[str, Any], seconds: int
    ) -> tuple[dict[str, Any], Waves]:
        """See `SoundFamily.listening`; a clip is heard as long as it lasts, whatever ``seconds`` says of most."""
        from transformers import Wav2Vec2FeatureExtractor

        del name, extractor, seconds
        made = Wav2Vec2FeatureExtractor(sampling_rate=RATE, do_normalize=False, return_attention_mask=True)
        return dict(config), Waves(made, LONGEST_HEARD, HOP, WINDOW)

    def blocks(self, body: Any) -> tuple[Block, ...]:
        """See `Family.blocks`."""
        return chain("layers.", len(body.layers), (), ("linear",))

    def begin(self, body: Any, batch: Mapping[str, torch.Tensor]) -> State:
        """See `Family.begin`; reads ``input_values`` and ``attention_mask (B, n)``."""
        parts, there = body.parts(batch["input_values"], batch["attention_mask"])
        mask = there.repeat_interleave(FRAMES, dim=1).to(torch.int64)
        return {"hidden": parts.flatten(1, 2), "attention_mask": mask}

    def run(self, body: Any, state: State, start: int, stop: int) -> State:
        """See `Family.run`."""
        hidden, mask = state["hidden"], state["attention_mask"]
        for layer in body.layers[start:stop]:
            parts = hidden.reshape(-1, FRAMES, hidden.shape[-1])
            hidden = layer(parts)[0].reshape(*hidden.shape[:2], -1)
        return {"hidden": hidden, "attention_mask": mask}

    def pooled(self, body: Any, state: State) -> torch.Tensor:
        """See `Family.pooled`."""
        return body.pooled(state["hidden"][:, FRAMES - 1 :: FRAMES], state["attention_mask"][:, ::FRAMES])

    def sample(self, config: Any, size: int) -> dict[str, Any]:
        """See `Family.sample`."""
        del config
        return {"input_values": torch.zeros(1, RATE * size), "attention_mask": None}

    def between(self, width: int) -> dict[str, torch.Tensor]:
        """See `SoundFamily.between`: nothing."""
        del width
        return {}

    def changes(self, config: Any) -> dict[str, Any]:
        """See `Family.changes`: where the code is."""
        del config
        return {
            "auto_map": {
                "AutoConfig": "ge2e_model.Ge2eConfig",
                "AutoModelForAudioClassification": f"ge2e_model.{self.classifies}",
            }
        }
