"""JPEG decoded at a fraction of its size: most pixels of a photograph are never looked at, so they need not be made.

A JPEG holds blocks of 8 x 8 frequencies. The decoder can make 4 x 4, 2 x 2 or 1 x 1 pixels of each from its lowest
frequencies alone, which is an average of the pixels left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

SCALES = (8, 4, 2)
JPEGS = ("JPEG", "MPO")


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of its picture before a pixel is decoded: ``size`` (width, height) before it is turned upright,
    and whether it is a ``jpeg``.
    """

    size: tuple[int, int]
    jpeg: bool

    def scale(self, least_side: int | None) -> int:
        """By how much both sides are divided when ``least_side`` pixels have to be left of the shorter one: 8, 4, 2
        or, for other formats and where nothing is asked for (None), 1.
        """
        if least_side is None or not self.jpeg:
            return 1
        return next((scale for scale in SCALES if min(self.size) // scale >= least_side), 1)


def reduce(image: Image.Image, scale: int) -> None:
    """Have ``image``, of which nothing but the header has been read, decoded at one ``scale``-th of its size."""
    if scale > 1:
        image.draft(None, (image.width // scale, image.height // scale))
