"""What preprocessing of sounds has in common: a feature extractor at the weights' own rate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar, Self

from headstart.backbones._sequence_input import SequencePreprocess
from headstart.core.dataset import Modality


class SoundPreprocess(SequencePreprocess):
    """``seconds`` of a clip at most, through ``extractor``, whose file goes into the exported folder.

    A clip of another rate is resampled (`headstart.core.sound.Clip.at`): a network that learnt from one rate hears
    another as another pitch. Immutable; copies share it.

    Attributes:
        extractor: a transformers feature extractor with ``sampling_rate``.
        seconds: most of a clip that is heard.
    """

    modality: Modality = "audio"
    heard: ClassVar[str]
    """What the member makes of a clip; part of the key."""

    def __init__(self, extractor: Any, seconds: int) -> None:
        self.extractor = extractor
        self.seconds = seconds

    def __deepcopy__(self, memo: object) -> Self:
        return self

    @property
    def told(self) -> dict[str, Any]:
        """Nothing: the extractor's own file says it all."""
        return {}

    @property
    def key(self) -> str:
        """See `Preprocess.key`."""
        return json.dumps({"view": self.heard, "seconds": self.seconds, **self.extractor.to_dict()}, sort_keys=True)

    def export(self, folder: Path) -> None:
        """Write the extractor's own file."""
        self.extractor.save_pretrained(str(folder))

    @property
    def most(self) -> int:
        """Samples that are heard at most."""
        return self.seconds * self.extractor.sampling_rate
