from __future__ import annotations

import struct
import warnings
from pathlib import Path

import pytest

from headstart.core.errors import UnreadableItem
from headstart.data._image import decode
from headstart.data._load import load
from headstart.data._tiff import unsupported


def tiff(channels: int, bits: int = 8, *, colours: bool = False, side: int = 40, order: str = "<") -> bytes:
    """An uncompressed picture of one strip; ``colours``: the first three channels are red, green and blue."""

    def word(value: int) -> int:
        """A short number where a long one stands."""
        return value if order == "<" else value << 16

    width = channels * bits // 8
    pixels = bytes(number % 256 for number in range(side * side * width))
    extra = channels - (3 if colours else 1)
    behind = 8
    sizes = struct.pack(f"{order}{channels}H", *[bits] * channels)
    others = struct.pack(f"{order}{max(1, extra)}H", *[0] * max(1, extra))
    places = {"bits": behind, "others": behind + len(sizes), "pixels": behind + len(sizes) + len(others)}
    entries = [
        (256, 3, 1, word(side)), (257, 3, 1, word(side)),
        (258, 3, channels, places["bits"] if channels > 2 else struct.unpack(f"{order}I", sizes.ljust(4, b"\0"))[0]),
        (259, 3, 1, word(1)), (262, 3, 1, word(2 if colours else 1)), (273, 4, 1, places["pixels"]),
        (277, 3, 1, word(channels)),
        (278, 3, 1, word(side)), (279, 4, 1, len(pixels)),
    ]  # fmt: skip
    if extra > 0:
        entries.append((338, 3, extra, places["others"] if extra > 2 else 0))
    directory = places["pixels"] + len(pixels)
    listed = b"".join(struct.pack(f"{order}HHII", *entry) for entry in entries)
    return (
        struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, directory)
        + sizes + others + pixels + struct.pack(f"{order}H", len(entries)) + listed + bytes(4)
    )  # fmt: skip


@pytest.mark.parametrize(("channels", "bits"), [(13, 8), (13, 16), (5, 16), (2, 16), (3, 8)])
def test_channels_that_cannot_be_read_are_counted(channels: int, bits: int, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnreadableItem) as caught:
        decode(tiff(channels, bits), "field.tif")
    assert str(caught.value) == (
        f"field.tif cannot be read: it is a TIFF file with {channels} channels of {bits} bits, which Pillow cannot "
        "decode; save what is to be seen as grey or RGB."
    )
    assert capfd.readouterr().err == ""


def test_both_orders_of_bytes_are_read() -> None:
    assert unsupported(tiff(13, 16, order=">")) == unsupported(tiff(13, 16))


@pytest.mark.parametrize(("channels", "more"), [(3, False), (4, True), (5, True), (6, True)])
def test_channels_that_are_not_read_are_told(channels: int, more: bool) -> None:
    found = decode(tiff(channels, colours=True), "field.tif")
    assert found.image.mode == "RGB"
    assert ("more_channels" in found.odd) == more


def test_the_audit_says_so(tmp_path: Path) -> None:
    for label in ("field", "wood"):
        (tmp_path / label).mkdir()
        for number in range(6):
            content = bytearray(tiff(4, colours=True, side=40 + number))
            content[30:60] = bytes([len(label) + number] * 30)
            (tmp_path / label / f"{number}.tif").write_bytes(content)
    said = [issue.message for issue in load(tmp_path).issues if issue.code == "more_channels"]
    assert len(said) == 1
    assert said[0].startswith("12 images with channels beside grey or red, green and blue, which are not read: ")


@pytest.mark.filterwarnings("ignore")  # as where it is not pytest that runs
@pytest.mark.parametrize(
    "raw", [b"", b"no picture", b"II*\x00", b"II+\x00" + b"\xff" * 30, tiff(13)[:200], tiff(3)[:-40]]
)
def test_of_other_and_damaged_files_nothing_is_said(raw: bytes) -> None:
    filters = list(warnings.filters)
    assert unsupported(raw) is None
    assert warnings.filters == filters


def test_grey_with_another_channel_is_noted_too() -> None:
    assert "more_channels" in decode(tiff(2), "field.tif").odd
