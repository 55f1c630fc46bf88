from io import BytesIO

import pytest
from PIL import Image

from headstart.data._reduce import Header, reduce


@pytest.mark.parametrize(
    ("size", "least_side", "scale"),
    [
        ((4000, 3000), 512, 4),
        ((3000, 4000), 375, 8),
        ((4000, 3000), 376, 4),
        ((4000, 3000), 1500, 2),
        ((4000, 3000), 1501, 1),
        ((40_000, 30_000), 100, 8),
        ((500, 375), 512, 1),
        ((4000, 3000), None, 1),
    ],
)
def test_the_shorter_side_keeps_what_is_asked_for(size: tuple[int, int], least_side: int | None, scale: int):
    assert Header(size, jpeg=True).scale(least_side) == scale
    assert Header(size, jpeg=False).scale(least_side) == 1


@pytest.mark.parametrize("scale", [1, 2, 4, 8])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_sides_are_divided_and_rounded_up(mode: str, scale: int):
    buffer = BytesIO()
    Image.new(mode, (803, 603)).save(buffer, "JPEG")
    image = Image.open(buffer)
    reduce(image, scale)
    image.load()
    assert (image.mode, image.size) == (mode, (-(-803 // scale), -(-603 // scale)))
