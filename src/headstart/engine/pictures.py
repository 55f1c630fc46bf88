"""Decoded pictures kept in memory for the length of a run: several models and stages read the same ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

    from headstart.data._image import Decoded
    from headstart.data._reduce import Header

LIMIT = 512 * 1024**2
LARGEST = LIMIT // 64
"""Bytes of a picture beyond which it is not kept: a few photographs in full would take the room of all the others."""
BYTES_A_PIXEL = 4
"""Pillow holds RGB in four bytes a pixel."""


@dataclass(frozen=True)
class _Kept:
    header: Header
    by_scale: dict[int, Image.Image] = field(default_factory=dict)


class Pictures:
    """Pictures by content and by the scale at which they were decoded, up to ``limit`` bytes. Thread-safe.

    A picture that was decoded larger does not stand in for a smaller one: the pixels an item is seen by must not
    depend on who asked first. First come, first kept: every pass goes over all items, so that the one used longest ago
    is the very one that is needed next, and replacing it would leave nothing to be found. Very large ones are not kept.

    The pictures are shared: whoever reads one must leave it as it is.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._free = limit
        self._kept: dict[str, _Kept] = {}
        self._lock = Lock()

    def get(self, digest: str, least_side: int | None, read: Callable[[], Decoded]) -> Image.Image:
        """The picture whose bytes have this SHA-256, as ``read`` decodes it for ``least_side`` (`Header.scale`)."""
        with self._lock:
            kept = self._kept.get(digest)
            image = kept.by_scale.get(kept.header.scale(least_side)) if kept else None
        return self._keep(digest, least_side, read()) if image is None else image

    def _keep(self, digest: str, least_side: int | None, found: Decoded) -> Image.Image:
        size = found.image.width * found.image.height * BYTES_A_PIXEL
        scale = found.header.scale(least_side)
        with self._lock:
            kept = self._kept.get(digest) or _Kept(found.header)
            if scale not in kept.by_scale and size <= min(self._free, LARGEST):
                kept.by_scale[scale] = found.image
                self._kept[digest] = kept
                self._free -= size
            return kept.by_scale.get(scale, found.image)
