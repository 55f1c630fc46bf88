import numpy as np
import pytest

from headstart.engine.resample import Resampler


def test_whole_groups_are_drawn_and_a_missed_class_is_lent_one_of_its_groups():
    targets = np.array([0, 0, 0, 0, 1, 1, 2])
    resample = Resampler(targets, np.array([5, 5, 7, 7, 8, 8, 9]))
    assert (resample.n_groups, resample.fewest) == (4, 1)
    counts, lent = resample.draw(np.random.default_rng(0), 50)
    assert counts.shape == lent.shape == (50, 7)
    for each in (counts, lent):
        assert np.array_equal(each[:, :6:2], each[:, 1:6:2])
    assert (counts[:, [0, 2, 4, 6]].sum(axis=1) == 4).all()
    had, got = (np.stack([each[:, targets == c].sum(axis=1) for c in range(3)], axis=1) for each in (counts, lent))
    assert np.array_equal(got, np.where(had == 0, [2, 2, 1], 0))
    assert 10 < (got.sum(axis=1) > 0).sum() < 50


def test_every_group_is_drawn_equally_often():
    counts, _ = Resampler(np.zeros(3, dtype=int), np.array([1, 1, 9])).draw(np.random.default_rng(0), 4000)
    assert counts.mean(axis=0) == pytest.approx([1, 1, 1], abs=0.05)
    assert counts[:, 2].var() == pytest.approx(0.5, abs=0.05)  # of two draws from two groups


def test_one_group_may_serve_two_missed_classes():
    targets, groups = np.array([0, 1, 2]), np.array([0, 0, 1])
    counts, lent = Resampler(targets, groups).draw(np.random.default_rng(0), 20)
    assert np.array_equal(lent[counts[:, 0] == 0], np.tile([2, 2, 0], ((counts[:, 0] == 0).sum(), 1)))


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_every_group_is_left_out_once(at_once: int):
    targets = np.array([0, 0, 0, 1])
    resample = Resampler(targets, np.arange(4))
    parts = list(resample.leave_out(np.random.default_rng(0), 100, at_once))
    assert [len(kept) for kept, _ in parts][:-1] == [at_once] * (len(parts) - 1)
    kept, lent = (np.concatenate(each) for each in zip(*parts, strict=True))
    assert sorted(kept.argmin(axis=1)) == [0, 1, 2, 3]
    assert (kept.sum(axis=1) == 3).all()
    assert np.array_equal(lent, np.where(kept[:, 3:] == 0, [0, 0, 0, 1], 0))
    assert sum(len(kept) for kept, _ in resample.leave_out(np.random.default_rng(0), 2, at_once)) == 2
