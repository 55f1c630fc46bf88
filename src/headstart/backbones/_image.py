"""Pictures to tensors, exactly as transformers' ``TimmWrapperImageProcessor`` does it for the exported folder.

The evaluation view is timm's own transform for the weights' configuration. It ends in two steps, "to tensor" and
"normalise"; everything before them works on 8-bit pictures. `ImagePreprocess.item` stops there, so that a ready item
is a uint8 tensor (a quarter of the memory), and `collate` does the two last steps on the whole batch.

What transformers does differently comes before: it decodes every picture in full, where a large JPEG may be decoded at
a reduced scale here (`Preprocess.least_side`).
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image

from headstart.backbones._augment import changed
from headstart.core.backbone import Preprocess, Strength
from headstart.core.dataset import Modality

if TYPE_CHECKING:
    from collections.abc import Callable

AREA = (0.7, 1.0)
"""Share of the picture's area that a training view shows."""
RATIO = (0.85, 1 / 0.85)
"""Width over height of a training view, relative to the picture's own."""
TRIES = 10
MARGIN = 2
"""How many times larger than the resized picture it is decoded at least. Mean cosine between pooled features of
EfficientNet-Lite0 read so and in full, over 19 photographs and textures blown up to 4000 x 3000 with and without grain
(JPEG, quality 90): .9993 or more where sides were divided by 4 and that left 1.5 times or more; where they were divided
by 8, .9994 at 2.9 times, .9989 at 2.0, .9984 at 1.5 and .9968 at 1.1."""
CONFIGURED = ("input_size", "interpolation", "mean", "std", "crop_pct", "crop_mode")


class ImagePreprocess(Preprocess):
    """Resize, crop and normalise RGB pictures as ``pretrained_cfg`` says. Immutable; copies share it.

    Attributes:
        config: the values timm resolved: ``input_size`` (3, H, W), ``interpolation``, ``mean``, ``std``, ``crop_pct``,
            ``crop_mode``.
        least_side: see `Preprocess.least_side`; `MARGIN` times what the evaluation view resizes to. Training views,
            which show three quarters of a side at least, then still have more pixels than they need.
    """

    modality: Modality = "image"

    def __init__(self, pretrained_cfg: Mapping[str, Any]) -> None:
        from timm.data.config import resolve_data_config
        from timm.data.transforms_factory import create_transform

        resolved = resolve_data_config(dict(pretrained_cfg), model=None, verbose=False)
        self.config: dict[str, Any] = {name: resolved[name] for name in CONFIGURED}
        transform: Any = create_transform(**resolved, is_training=False)
        steps = transform.transforms
        names = [type(step).__name__ for step in steps]
        # The split below is only right for these two last steps; another timm release may change them.
        if names[-2:] not in (["MaybeToTensor", "Normalize"], ["ToTensor", "Normalize"]):
            raise RuntimeError(f"timm's evaluation transform ends in {names[-2:]}, expected ToTensor and Normalize.")
        self._on_pictures: list[Callable[[Image.Image], Image.Image]] = steps[:-2]
        # One value for each number of a row of pixels: broadcasting three of them takes six times as long.
        self._mean = torch.tensor(self.config["mean"], dtype=torch.float32).repeat(self.size[1])
        self._std = torch.tensor(self.config["std"], dtype=torch.float32).repeat(self.size[1])
        self.least_side = MARGIN * max(math.floor(side / self.config["crop_pct"]) for side in self.size)

    def __deepcopy__(self, memo: object) -> ImagePreprocess:
        return self

    @property
    def key(self) -> str:
        """See `Preprocess.key`."""
        read = {} if self.least_side is None else {"least_side": self.least_side}
        return json.dumps({"view": "timm-eval", **self.config, **read}, sort_keys=True)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the tensors."""
        _, height, width = self.config["input_size"]
        return height, width

    def item(self, raw: Image.Image) -> torch.Tensor:
        """The evaluation view, uint8 ``(H, W, 3)``."""
        for step in self._on_pictures:
            raw = step(raw)
        return _pixels(raw)

    def view(self, raw: Image.Image, seed: int, strength: Strength = "mild") -> torch.Tensor:
        """A random crop of most of the picture, mirrored half the time, uint8 ``(H, W, 3)``; a function of ``seed``.

        Milder than the random resized crop of ImageNet training (Szegedy et al. 2015, arXiv:1409.4842, shows 8% to
        100% of the area): with a few hundred labels the object must stay in view. A strong view has one more change
        (`_augment.changed`).
        """
        draw = random.Random(seed)
        height, width = self.size
        picture = raw.resize((width, height), self._resampling(), box=_crop(draw, raw.width, raw.height))
        if draw.random() < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if strength == "strong":
            picture = changed(picture, draw, [255 * mean for mean in self.config["mean"]])
        return _pixels(picture)

    def collate(self, ready: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
        """``{"pixel_values": (B, 3, H, W)}``, float32, normalised, in channels-last memory order."""
        stacked = torch.stack(list(ready))
        rows = stacked.flatten(2).to(torch.float32).div_(255).sub_(self._mean).div_(self._std)
        # (B, H, W, 3) seen as (B, 3, H, W) already is the channels-last layout.
        return {"pixel_values": rows.view(stacked.shape).permute(0, 3, 1, 2)}

    def _resampling(self) -> Image.Resampling:
        return Image.Resampling[self.config["interpolation"].upper()]


def _pixels(picture: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(picture if picture.mode == "RGB" else picture.convert("RGB")))


def _crop(draw: random.Random, width: int, height: int) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a random crop; the whole picture when no draw fits into it."""
    for _ in range(TRIES):
        area = draw.uniform(*AREA)
        ratio = math.exp(draw.uniform(math.log(RATIO[0]), math.log(RATIO[1])))
        across, down = width * math.sqrt(area * ratio), height * math.sqrt(area / ratio)
        if across <= width and down <= height:
            left, top = draw.uniform(0, width - across), draw.uniform(0, height - down)
            return left, top, left + across, top + down
    return 0.0, 0.0, float(width), float(height)
