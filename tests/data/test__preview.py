import base64
from io import BytesIO

from PIL import Image

from headstart.data._preview import CHARACTERS, PIXELS, preview


def test_texts_are_cut():
    assert preview("short") == {"text": "short", "thumbnail": None}
    cut = preview("word " * 100)["text"]
    assert cut is not None
    assert len(cut) <= CHARACTERS
    assert cut.endswith("word…")


def test_images_are_shrunk_and_left_as_they_were():
    image = Image.new("RGB", (400, 200), "red")
    shown = preview(image)["thumbnail"]
    assert shown is not None
    head, _, body = shown.partition(",")
    assert head == "data:image/jpeg;base64"
    assert Image.open(BytesIO(base64.b64decode(body))).size == (PIXELS, PIXELS // 2)
    assert image.size == (400, 200)
