"""One sound file in, one channel of samples out, read the same way for training and for prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.core.errors import UnreadableItem
from headstart.core.sound import Clip
from headstart.data._file import describe_beginning, read_bytes
from headstart.data._formats import SOUNDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST = 3600.0
"""Seconds of a recording that is taken for one item; longer ones are to be cut into clips."""
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
    """A clip, and what was remarkable about the file (keys of `headstart.data._audit.SOUND_ODDITIES`)."""

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


def heard(raw: bytes, name: str) -> Heard:
    """The sound in ``raw``, called ``name`` in messages; the name's ending is compared with the content.

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
            samples = np.asarray(file.read(dtype="float32", always_2d=True), dtype=np.float32)
    except soundfile.LibsndfileError as error:
        seems = describe_beginning(raw) or "it is damaged, or in a format that is not supported"
        raise UnreadableItem(name, f"it is not a sound; {seems} ({error})") from error
    clip = _one_channel(samples, rate, name)
    return Heard(clip, tuple(_oddities(samples, clip, kind, name)))


def _from_array(samples: Any, rate: Any) -> Clip:
    name = "The given sound"
    found = np.asarray(samples)
    if found.dtype.kind in "iu":
        limits = np.iinfo(found.dtype)
        found = (found.astype(np.float64) - (limits.max + 1) // 2 * (found.dtype.kind == "u")) / (
            limits.max if found.dtype.kind == "i" else limits.max // 2 + 1
        )
    elif found.dtype.kind != "f":
        raise UnreadableItem(name, f"its samples are {found.dtype}, expected numbers")
    if found.ndim not in (1, 2) or not isinstance(rate, int | np.integer):
        shape = "x".join(map(str, found.shape))
        raise UnreadableItem(name, f"its samples have the shape {shape} and the rate {rate!r}, expected (n,) and Hz")
    clip = _one_channel(found.reshape(len(found), -1), int(rate), name)
    if clip.seconds > LONGEST:
        raise UnreadableItem(name, _too_long(clip.seconds))
    return clip


def _one_channel(samples: NDArray[np.floating], rate: int, name: str) -> Clip:
    if not len(samples):
        raise UnreadableItem(name, "it holds no sound (0 samples)")
    if rate < LEAST_RATE:
        raise UnreadableItem(name, f"its rate is {rate} samples a second, expected {LEAST_RATE} or more")
    mono = samples.mean(axis=1, dtype=np.float64).astype(np.float32)
    if not np.isfinite(mono).all():
        raise UnreadableItem(name, "some of its samples are no numbers (NaN or infinite)")
    return Clip(samples=mono, rate=rate)


def _oddities(samples: NDArray[np.float32], clip: Clip, kind: str, name: str) -> list[str]:
    suffix = Path(name).suffix.lower()
    loudest = np.abs(samples).max()
    found = ["wrong_extension"] if suffix in SOUNDS and kind not in SOUNDS[suffix] else []
    found += ["short_clip"] if clip.seconds < SHORTEST else []
    found += ["silent"] if loudest < SILENT else []
    found += ["overdriven"] if (np.abs(samples) >= 0.999).mean() > CLIPPED else []
    return found


def _too_long(seconds: float) -> str:
    return f"it lasts {seconds / 60:.0f} minutes, and at most {LONGEST / 60:.0f} are taken for one item; cut it up"
