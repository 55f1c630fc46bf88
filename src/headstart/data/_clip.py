"""One sound file in, one channel of samples out, read the same way for training and for prediction."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.core.errors import UnreadableItem
from headstart.core.sound import Clip
from headstart.data._file import describe_beginning, read_bytes
from headstart.data._formats import SOUNDS
from headstart.data._room import Room

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST = 600.0
"""Seconds of a recording that is taken for one item; longer ones, of which only the beginning would be heard, are to be
cut into clips."""
SHORTEST = 0.1
"""Seconds below which a clip is worth a note."""
SILENT = 1e-3
"""Largest sample of a silent clip, full scale being 1 (-60 dB)."""
CLIPPED = 0.01
"""Share of samples at full scale from which on a clip is overdriven."""
LEAST_RATE = 1000
"""Samples a second below which it is no sound anybody would hear."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A clip, and what was remarkable about the file (keys of `headstart.data._audit_clips.ODD_CLIPS`)."""

    clip: Clip
    odd: tuple[str, ...]


def read_clip(source: str | Path | bytes | tuple[Any, int] | Mapping[str, Any] | Clip) -> Clip:
    """``source`` as one channel: the mean of all channels, in float32.

    A path, the bytes of a file, ``(samples, rate)``, or a mapping with ``array`` and ``sampling_rate``. Samples have
    shape ``(n,)`` or ``(n, channels)``; integers are scaled by their full scale.

    Raises:
        UnreadableItem: missing, empty, damaged, too long, not a sound, or samples that are no numbers.
    """
    if isinstance(source, Clip):
        return source
    if isinstance(source, str | Path):
        return heard(read_bytes(source), str(source)).clip
    if isinstance(source, bytes):
        return heard(source, "The given sound").clip
    if isinstance(source, Mapping) and {"array", "sampling_rate"} <= source.keys():
        return _from_array(source["array"], source["sampling_rate"])
    if isinstance(source, tuple) and len(source) == 2:
        return _from_array(*source)
    raise UnreadableItem(
        "The given item",
        f"it is a {type(source).__name__}, expected a path, bytes, or samples with their rate: (samples, rate)",
    )


def heard(raw: bytes, name: str, room: Room | None = None) -> Heard:
    """The sound in ``raw``, called ``name`` in messages; the name's ending is compared with the content. It waits for
    ``room`` to hold all its samples.

    Raises:
        UnreadableItem: see `read_clip`.
    """
    import soundfile

    if not raw:
        raise UnreadableItem(name, "it is empty (0 bytes)")
    try:
        with soundfile.SoundFile(BytesIO(raw)) as file:
            rate, kind = file.samplerate, file.format
            if file.frames > LONGEST * rate:
                raise UnreadableItem(name, _too_long(file.frames / rate))
            with room.of(file.frames * file.channels) if room else nullcontext():
                samples = np.asarray(file.read(dtype="float32", always_2d=True), dtype=np.float32)
                clip = _one_channel(samples, rate, name)
                return Heard(clip, tuple(_oddities(samples, clip, kind, name)))
    except soundfile.LibsndfileError as error:
        seems = describe_beginning(raw) or "it is damaged, or in a format that is not supported"
        raise UnreadableItem(name, f"it is not a sound; {seems} ({error})") from error


def _from_array(samples: Any, rate: Any) -> Clip:
    name = "The given sound"
    found = np.asarray(samples)
    if found.dtype in (np.int64, np.uint64):
        raise UnreadableItem(name, f"its samples are {found.dtype}, whose full scale is unknown; give int16 or floats")
    if found.dtype.kind in "iu":
        full = 2.0 ** (8 * found.dtype.itemsize - 1)  # as files are read
        found = (found.astype(np.float64) - full * (found.dtype.kind == "u")) / full
    elif found.dtype.kind != "f":
        raise UnreadableItem(name, f"its samples are {found.dtype}, expected numbers")
    if found.ndim not in (1, 2) or not isinstance(rate, int | np.integer):
        shape = "x".join(map(str, found.shape))
        raise UnreadableItem(name, f"its samples have the shape {shape} and the rate {rate!r}, expected (n,) and Hz")
    if found.ndim == 2 and found.shape[1] > found.shape[0] > 0:
        shape = "x".join(map(str, found.shape))
        raise UnreadableItem(name, f"its samples have the shape {shape}, expected (n, channels): transpose them")
    clip = _one_channel(found if found.ndim == 2 else found[:, None], int(rate), name)
    if clip.seconds > LONGEST:
        raise UnreadableItem(name, _too_long(clip.seconds))
    return clip


def _one_channel(samples: NDArray[np.floating], rate: int, name: str) -> Clip:
    if not len(samples):
        raise UnreadableItem(name, "it holds no sound (0 samples)")
    if rate < LEAST_RATE:
        raise UnreadableItem(name, f"its rate is {rate} samples a second, expected {LEAST_RATE} or more")
    mono = samples.mean(axis=1, dtype=np.float32) if samples.shape[1] > 1 else samples[:, 0].astype(np.float32)
    if not np.isfinite(mono).all():
        raise UnreadableItem(name, "some of its samples are no numbers (NaN or infinite)")
    return Clip(samples=mono, rate=rate)


def _oddities(samples: NDArray[np.float32], clip: Clip, kind: str, name: str) -> list[str]:
    suffix = Path(name).suffix.lower()
    found = ["wrong_extension"] if suffix in SOUNDS and kind not in SOUNDS[suffix] else []
    found += ["short_clip"] if clip.seconds < SHORTEST else []
    found += ["silent"] if np.abs(clip.samples).max() < SILENT else []
    found += ["overdriven"] if (np.abs(samples) >= 0.999).mean() > CLIPPED else []
    return found


def _too_long(seconds: float) -> str:
    return f"it lasts {seconds / 60:.0f} minutes, and at most {LONGEST / 60:.0f} are taken for one item; cut it up"
