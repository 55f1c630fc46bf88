"""What a TIFF file says of its channels, in words for people whose file cannot be read, or only in part."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import TiffImagePlugin

if TYPE_CHECKING:
    from PIL import Image

SIGNS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
"""How files begin, the two last ones with offsets of eight bytes."""
SAMPLES, BITS = TiffImagePlugin.SAMPLESPERPIXEL, TiffImagePlugin.BITSPERSAMPLE
LENGTHS = TiffImagePlugin.STRIPBYTECOUNTS, TiffImagePlugin.TILEBYTECOUNTS


def unsupported(raw: bytes) -> str | None:
    """Why the TIFF file ``raw``, which could not be opened, could not; None for other files and for damaged ones."""
    if not raw.startswith(SIGNS):
        return None
    size = 16 if b"+" in raw[:4] else 8
    try:
        found = TiffImagePlugin.ImageFileDirectory_v2(raw[:size])
        content = BytesIO(raw)
        content.seek(found.next)
        found.load(content)
        samples, bits = int(found.get(SAMPLES, 1)), int(found[BITS][0])
        if not any(tag in found for tag in LENGTHS):
            return None  # Pillow takes what there is of a directory that is cut off; these come last
    # A warning arrives here only where warnings are errors; other threads decode meanwhile, so no filter is set here.
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, struct.error, UserWarning):
        return None
    return (
        f"it is a TIFF file with {samples} channel{'s' * (samples != 1)} of {bits} bits, which Pillow cannot decode; "
        "save what is to be seen as grey or RGB"
    )


def has_more(image: Image.Image) -> bool:
    """Whether an opened picture's file has channels beyond those that Pillow reads."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return False
    samples: Any = image.tag_v2.get(SAMPLES, 1)
    return int(samples) > len(image.getbands())
