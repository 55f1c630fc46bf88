from __future__ import annotations

import numpy as np

from headstart.baselines.spectra import LENGTH, _described
from headstart.core.sound import Clip


def clip(seed: int, loud: float = 0.1) -> Clip:
    samples = np.random.default_rng(seed).normal(size=4000) * loud
    return Clip(samples=samples.astype(np.float32), rate=8000)


def test_the_volume_of_a_recording_does_not_matter():
    assert np.allclose(_described(clip(0)), _described(clip(0, 0.01)), atol=1e-2)
    assert _described(clip(0)).shape == (LENGTH,)


def test_one_frame_and_silence_have_finite_descriptions():
    for samples in (np.ones(3), np.zeros(4000)):
        found = _described(Clip(samples=samples.astype(np.float32), rate=8000))
        assert np.isfinite(found).all()
