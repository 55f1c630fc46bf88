import base64
from io import BytesIO

import numpy as np
from PIL import Image

from headstart.core.sound import Clip
from headstart.data._preview import BANDS, CHARACTERS, PIXELS, preview


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


def test_sounds_are_shown_with_low_pitches_below_and_time_to_the_right():
    time = np.arange(16000) / 16000
    low_then_high = np.where(time < 0.5, np.sin(2 * np.pi * 200 * time), np.sin(2 * np.pi * 5000 * time))
    shown = preview(Clip(samples=low_then_high.astype(np.float32), rate=16000))
    assert shown["text"] == "1.0 s"
    assert shown["thumbnail"] is not None
    image = np.asarray(Image.open(BytesIO(base64.b64decode(shown["thumbnail"].partition(",")[2]))).convert("L"))
    assert image.shape == (BANDS, PIXELS)
    left, right = (half.mean(axis=1).argmax() for half in (image[:, : PIXELS // 2 - 4], image[:, PIXELS // 2 + 4 :]))
    assert right < BANDS / 3 < 2 * BANDS / 3 < left
