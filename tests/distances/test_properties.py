import numpy as np
import pytest
from PIL import Image

from headstart.core.sound import Clip
from headstart.distances.properties import differing, properties


def test_of_a_text_by_hand():
    found = properties("Café 12, OK.")
    assert found == pytest.approx(
        {
            "words": 3.0,
            "letters in a word": 10 / 3,
            "share of capitals": 3 / 6,
            "share of digits": 2 / 12,
            "share of punctuation": 2 / 12,
            "share of letters beyond a to z": 1 / 6,
        }
    )
    assert properties("")["words"] == 0.0


def test_of_a_picture():
    grey = properties(Image.new("RGB", (300, 100), (128, 128, 128)))
    assert (grey["longer side (pixels)"], grey["width by height"]) == (300.0, 3.0)
    assert grey["brightness"] == pytest.approx(128 / 255, abs=1e-3)
    assert (grey["contrast"], grey["saturation"]) == (0.0, 0.0)
    assert properties(Image.new("RGB", (9, 9), (255, 0, 0)))["saturation"] == 1.0
    assert properties(Image.new("RGB", (30, 10)), 1200)["longer side (pixels)"] == 1200.0
    half = np.zeros((80, 80), dtype=np.uint8)
    half[:40] = 200
    assert properties(Image.fromarray(half).convert("RGB"))["contrast"] == pytest.approx(100 / 255, abs=1e-3)


def test_of_a_clip():
    time = np.arange(16000) / 16000
    low, high = (
        properties(Clip(samples=(0.5 * np.sin(2 * np.pi * pitch * time)).astype(np.float32), rate=16000))
        for pitch in (200, 6000)
    )
    assert low["seconds"] == 1.0
    assert low["peak"] == pytest.approx(0.5, abs=1e-3)
    assert low["level (dB)"] == pytest.approx(10 * np.log10(0.125), abs=0.01)
    assert high["spectral tilt (dB)"] > low["spectral tilt (dB)"] + 10
    assert properties(Clip(samples=np.zeros(800, dtype=np.float32), rate=8000))["level (dB)"] == -120.0


def sides(moved: float, items: int = 60, seed: int = 0):
    random = np.random.default_rng(seed)
    return tuple(
        [{"a": a + offset, "b": b, "c": 1.0} for a, b in random.normal(size=(items, 2))] for offset in (0.0, moved)
    )


def test_only_what_differs_is_told_with_its_means():
    first, second = sides(1.5)
    (found,) = differing(first, second, draws=99)
    assert (found.name, found.p) == ("a", 0.01)
    assert found.first == pytest.approx(np.mean([each["a"] for each in first]))
    assert found.second == pytest.approx(np.mean([each["a"] for each in second]))
    wins = [x["a"] < y["a"] for x in first for y in second]
    assert found.exceeds == pytest.approx(np.mean(wins))
    (other,) = differing(second, first, draws=99)
    assert other.exceeds == pytest.approx(1 - found.exceeds)


def test_nothing_is_told_of_one_domain_more_often_than_the_level_says():
    told = [bool(differing(*sides(0.0, 40, seed), draws=39)) for seed in range(200)]
    assert np.mean(told) <= 0.1


def test_ties_count_half_and_means_tell_what_medians_would_not():
    first, second = [{"digits": 0.0}] * 80, [{"digits": 0.0}] * 50 + [{"digits": 0.2}] * 30
    (found,) = differing(first, second, draws=99)
    assert found.exceeds == pytest.approx(0.5 + 0.5 * 30 / 80)
    assert (found.first, found.second) == (0.0, pytest.approx(0.2 * 30 / 80))


def test_what_follows_from_classes_is_not_told_of_sides():
    """Bright items are of class 1, which is more frequent on the second side."""
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1], [70, 30]), np.repeat([0, 1], [30, 70])
    first, second = ([{"brightness": label + 0.1 * random.normal()} for label in side] for side in labels)
    assert differing(first, second, draws=99)
    assert not differing(first, second, strata=np.concatenate(labels), draws=99)


def test_a_small_difference_is_not_worth_telling_however_sure():
    assert not differing(*sides(0.15, 3000), draws=39)
