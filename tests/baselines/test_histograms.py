"""The head on the descriptors; what every baseline keeps to is in the contract battery."""

import numpy as np
from PIL import Image

from headstart.baselines.histograms import Histograms


def _noise(size=(90, 70), seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8))


def test_constant_parts_do_not_disturb():
    items = [Image.new("RGB", (16, 16), (grey, grey, grey)) for grey in (10, 20, 30, 210, 220, 230)]
    model = Histograms()
    model.fit(model.describe(items), np.array([0, 0, 0, 1, 1, 1]), 2)
    np.testing.assert_array_equal(model.logits(model.describe(items)).argmax(axis=1), [0, 0, 0, 1, 1, 1])


def test_pictures_are_read_as_they_were_when_it_was_fitted(tmp_path):
    model = Histograms()
    assert model.least_side == 512
    model.least_side = 77  # what another version may have asked for
    model.fit(model.describe([_noise(seed=i) for i in range(4)]), np.array([0, 1, 0, 1]), 2)
    model.save(tmp_path)
    assert Histograms.load(tmp_path).least_side == 77
