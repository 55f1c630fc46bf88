import numpy as np

from headstart.engine.resample import Resampler


def test_whole_groups_are_drawn_and_a_missed_class_is_lent_one_of_its_groups():
    targets = np.array([0, 0, 0, 0, 1, 1, 2])
    resample = Resampler(targets, np.array([5, 5, 7, 7, 8, 8, 9]))
    assert (resample.n_groups, resample.fewest) == (4, 1)
    rng, lendings = np.random.default_rng(0), 0
    for _ in range(50):
        rows, lent = resample.draw(rng)
        counts = np.bincount(rows, minlength=7)
        assert counts[:6:2].tolist() == counts[1:6:2].tolist()
        assert counts[[0, 2, 4, 6]].sum() == 4
        assert set(targets[lent]) == {0, 1, 2} - set(targets[rows])
        assert all(len(lent[targets[lent] == c]) == (1 if c == 2 else 2) for c in set(targets[lent]))
        lendings += len(lent) > 0
    assert lendings > 10


def test_every_group_is_left_out_once():
    targets = np.array([0, 0, 0, 1])
    parts = list(Resampler(targets, np.arange(4)).leave_out(np.random.default_rng(0), 100))
    missing = [({0, 1, 2, 3} - set(rows.tolist())).pop() for rows, _ in parts]
    assert sorted(missing) == [0, 1, 2, 3]
    assert [lent.tolist() for (_, lent), gone in zip(parts, missing, strict=True) if gone == 3] == [[3]]
    assert all(len(lent) == 0 for (_, lent), gone in zip(parts, missing, strict=True) if gone != 3)
    assert len(list(Resampler(targets, np.arange(4)).leave_out(np.random.default_rng(0), 2))) == 2
