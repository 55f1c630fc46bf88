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

    Nothing but the pixels is kept: the limit counts all there is. They are shared: whoever reads a picture must leave
    it as it is.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._free = limit
        self._kept: dict[str, _Kept] = {}
        self._lock = Lock()

    def get(self, digest: str, least_side: int | None, read: Callable[[], Decoded]) -> Image.Image:
        """The picture whose bytes have this SHA-256, as ``read`` decodes it for ``least_side`` (`Header.scale`)."""
        with self._lock:
            image = self._found(digest, least_side)
        return self._keep(digest, least_side, read()) if image is None else image

    def _found(self, digest: str, least_side: int | None) -> Image.Image | None:
        kept = self._kept.get(digest)
        return kept.by_scale.get(kept.header.scale(least_side)) if kept else None

    def _keep(self, digest: str, least_side: int | None, decoded: Decoded) -> Image.Image:
        image = decoded.image
        size = image.width * image.height * BYTES_A_PIXEL
        with self._lock:
            found = self._found(digest, least_side)
            if found is not None or size > min(self._free, LARGEST):
                return found or image
        bare = _bare(image)  # nobody has to wait for the copy
        with self._lock:
            found = self._found(digest, least_side)
            if found is not None or size > self._free:
                return found or image
            kept = self._kept.setdefault(digest, _Kept(decoded.header))
            kept.by_scale[decoded.header.scale(least_side)] = bare
            self._free -= size
            return bare


def _bare(image: Image.Image) -> Image.Image:
    """The pixels alone: a picture that was opened holds on to its file, its decoder and what its header said."""
    bare = image.copy()
    bare.info = {}
    return bare
