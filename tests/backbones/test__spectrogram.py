from __future__ import annotations

import random

import numpy as np
import torch

from headstart.backbones._spectrogram import masked
from headstart.core.sound import Clip
from tests.backbones.members import make
from tests.backbones.tiny import clips


def test_a_clip_is_brought_to_the_rate_of_the_weights_and_padded_with_silence():
    preprocess = make("whisper").preprocess
    item = preprocess.item(clips()[1])  # 8 kHz, .4 s
    assert item.shape == (80, 200)
    assert torch.equal(item, preprocess.item(clips()[1].at(16000)))
    assert item[:, 60:].std() < 1e-6 < item[:, :30].std()


def test_of_a_longer_clip_the_beginning_is_heard():
    preprocess, noise = make("whisper").preprocess, np.random.default_rng(0).normal(size=80000).astype(np.float32)
    whole = preprocess.item(Clip(samples=noise, rate=16000))
    beginning = preprocess.item(Clip(samples=noise[:32000], rate=16000))
    assert torch.allclose(whole, beginning)


def test_views_are_functions_of_their_seed_and_of_every_clip():
    preprocess = make("whisper").preprocess
    for clip in (*clips(), Clip(samples=np.tile(clips()[0].samples, 5), rate=16000)):
        views = [preprocess.view(clip, seed) for seed in range(6)]
        assert {tuple(view.shape) for view in views} == {(80, 200)}
        assert torch.equal(views[3], preprocess.view(clip, 3))
        assert not any(torch.equal(views[0], view) for view in views[1:])


def test_strong_views_mask_bands_and_stretches_of_time_of_the_mild_one():
    preprocess, widths = make("whisper").preprocess, set()
    for seed in range(12):
        mild, strong = (preprocess.view(clips()[0], seed, strength) for strength in ("mild", "strong"))
        other = mild != strong
        assert (strong[other] == mild.mean()).all()
        rows, columns = other.all(dim=1).sum(), other.all(dim=0).sum()
        assert rows <= 2 * round(0.15 * 80)
        assert columns <= 2 * round(0.15 * 200)
        widths.add((int(rows), int(columns)))
    assert len(widths) > 6


def test_masking_leaves_what_it_is_given():
    given = torch.arange(600.0).view(20, 30)
    found = masked(given, random.Random(1))
    assert torch.equal(given, torch.arange(600.0).view(20, 30))
    assert not torch.equal(found, given)
