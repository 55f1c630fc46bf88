from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from headstart.backbones import _ge2e, _ge2e_model
from headstart.backbones._ge2e_model import COVERED, FRAMES, HOP, QUIETEST, RATE, STEP, WINDOW, Ge2eConfig, Ge2eModel


def model() -> Ge2eModel:
    torch.manual_seed(0)
    return Ge2eModel(Ge2eConfig(hidden_size=8)).eval()


def test_the_file_that_travels_needs_no_headstart_and_agrees_with_it():
    code = _ge2e.Ge2e.code
    assert code is not None
    assert "import headstart" not in code.read_text()
    assert "from headstart" not in code.read_text()
    assert (_ge2e.RATE, _ge2e.WINDOW, _ge2e.HOP, _ge2e.FRAMES) == (RATE, WINDOW, HOP, FRAMES)
    assert Ge2eConfig.model_type == _ge2e.Ge2e.kind


def beginnings(samples: int) -> list[int]:
    """Frames at which parts begin, one after the other: as many as sound begins in, if enough of the last is sound."""
    frames = math.ceil((samples + 1) / HOP)
    found = list(range(0, max(1, frames - FRAMES + STEP + 1), STEP))
    covered = (samples - found[-1] * HOP) / (FRAMES * HOP)
    return found[:-1] if covered < COVERED and len(found) > 1 else found


@pytest.mark.parametrize("seconds", [0.1, 1.0, 1.59, 1.6, 1.61, 1.97, 1.98, 2.37, 2.5, 4.0, 7.77, 30.0])
def test_a_sound_has_as_many_parts_as_it_fills(seconds: float):
    samples = torch.ones(1, round(RATE * seconds))
    parts, there = model().parts(samples, None)
    assert parts.shape == (1, len(beginnings(samples.shape[1])), FRAMES, 40)
    assert there.all()


def test_parts_are_power_in_mel_bands_of_what_they_cover():
    draws = np.random.default_rng(0)
    samples = draws.normal(size=3 * RATE).astype(np.float32)
    parts, _ = model().parts(torch.from_numpy(samples)[None], None)
    padded = np.pad(samples.astype(np.float64), WINDOW // 2)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    bands = _ge2e_model._filters(40).numpy()
    for part, frame in ((0, 0), (0, FRAMES - 1), (1, 3)):
        start = (part * STEP + frame) * HOP
        power = np.abs(np.fft.rfft(window * padded[start : start + WINDOW])) ** 2
        np.testing.assert_allclose(parts[0, part, frame], power @ bands, rtol=1e-3, atol=1e-5)


def test_quiet_sounds_are_raised_and_loud_ones_left():
    quiet = torch.randn(1, RATE) * 1e-3
    level = quiet.square().mean().sqrt()
    own = model()
    torch.testing.assert_close(
        own.parts(quiet, None)[0], own.parts(quiet * QUIETEST / level, None)[0], rtol=1e-4, atol=0
    )
    loud = torch.randn(1, RATE)
    torch.testing.assert_close(own.parts(2 * loud, None)[0], 4 * own.parts(loud, None)[0], rtol=1e-4, atol=1e-4)
    assert torch.isfinite(own(torch.zeros(1, RATE))).all()


def test_company_makes_no_difference():
    own, long, short = model(), torch.randn(1, 4 * RATE), torch.randn(1, 2 * RATE)
    with torch.no_grad():
        alone = torch.cat([own(long), own(short)])
        batch = torch.cat([long, nn.functional.pad(short, (0, 2 * RATE))])
        mask = (torch.arange(4 * RATE) < torch.tensor([[4 * RATE], [2 * RATE]])).long()
        torch.testing.assert_close(own(batch, mask), alone, rtol=1e-4, atol=1e-5)
        rubbish = torch.cat([long, torch.cat([short, torch.randn(1, 2 * RATE)], dim=1)])
        torch.testing.assert_close(own(rubbish, mask), alone, rtol=1e-4, atol=1e-5)


def test_labels_give_a_loss():
    torch.manual_seed(0)
    classifier = _ge2e_model.Ge2eForAudioClassification(Ge2eConfig(hidden_size=8, num_labels=3)).eval()
    labels = torch.tensor([2])
    said = classifier(torch.randn(1, RATE), labels=labels)
    assert said.logits.shape == (1, 3)
    torch.testing.assert_close(said.loss, nn.functional.cross_entropy(said.logits, labels))


def test_random_weights_are_torchs_own():
    weights = model().layers[1].weight_hh_l0
    assert 0.8 / math.sqrt(8) < weights.abs().max() <= 1 / math.sqrt(8)
