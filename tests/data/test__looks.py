import numpy as np
from PIL import Image

from headstart.data._looks import Looks, look


def test_planes_and_shapes_are_kept_apart():
    red, grey = Image.new("RGB", (30, 60), (255, 0, 0)), Image.new("RGB", (64, 64), (90, 90, 90))
    looks = Looks.from_bytes([look(red), look(grey)], [red.size, grey.size])
    assert looks.luma.shape == (2, 64, 64)
    assert np.unique(looks.luma[1]).tolist() == [90]
    assert looks.chroma.shape == (2, 128)
    assert np.abs(looks.chroma[1]).max() == 0
    assert looks.chroma[0, 64:].min() > 100  # the red chroma of red
    assert looks.aspect.tolist() == [0.5, 1.0]
    assert looks.short.tolist() == [30, 64]
