"""Which files are pictures, sounds or texts, by their endings; imports nothing: the command line asks, too."""

from __future__ import annotations

FORMATS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "MPO": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm", ".pfm"),
    "JPEG2000": (".jp2", ".j2k", ".jpx", ".jpf", ".jpc"),
    "AVIF": (".avif",),
    "TGA": (".tga",),
    "ICO": (".ico",),
}
"""What is decoded, and the endings it goes by. Pillow knows more (PostScript, for one, starts another program)."""

SUFFIXES = frozenset(suffix for suffixes in FORMATS.values() for suffix in suffixes)

SOUNDS: dict[str, tuple[str, ...]] = {
    ".wav": ("WAV", "WAVEX", "RF64"),
    ".flac": ("FLAC",),
    ".ogg": ("OGG",),
    ".oga": ("OGG",),
    ".opus": ("OGG",),
    ".mp3": ("MP3",),
    ".aif": ("AIFF",),
    ".aiff": ("AIFF",),
    ".au": ("AU",),
}
"""Endings of sound files, and what libsndfile calls the formats that go by them."""

TEXTS = frozenset({".txt"})
"""Endings of files of one text each."""

TABLES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".pq"})
"""Endings of tables of one item a row."""

FILES = SUFFIXES | SOUNDS.keys()
"""Endings of the files that rows of a table can name."""

BEGINNINGS = (b"RIFF", b"RF64", b"fLaC", b"OggS", b"ID3", b"FORM", b".snd")
"""First bytes of sound files: WAV, FLAC, Ogg, MP3 with tags, AIFF, AU."""


def sounds(raw: bytes) -> bool:
    """Whether a file that begins so is a sound (WebP pictures are RIFF files, too)."""
    # An MP3 without tags begins with a frame: eleven bits that are set, two for the version, two that say layer III.
    is_frame = len(raw) > 1 and raw[0] == 0xFF and raw[1] & 0xE6 == 0xE2
    return is_frame or (raw.startswith(BEGINNINGS) and raw[8:12] != b"WEBP")
