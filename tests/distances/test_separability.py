import numpy as np
from sklearn.linear_model import Ridge

from headstart.distances.separability import PENALTY, separabilities


def by_refitting(rows: np.ndarray, side: np.ndarray) -> np.ndarray:
    """What ridge regression on all other items predicts, with the intercept that all items give."""
    signs = np.where(side, 1.0, -1.0)
    penalty = PENALTY * np.sum(rows**2) / min(len(rows) - 1, rows.shape[1])
    held = np.empty(len(rows))
    for number in range(len(rows)):
        out = np.arange(len(rows)) == number
        fitted = Ridge(alpha=penalty).fit(rows[~out], signs[~out])
        held[out] = fitted.predict(rows[out]) + signs.mean() - signs[~out].mean()
    return held


def test_against_refitting_without_each_item():
    random = np.random.default_rng(0)
    for items, width in ((24, 5), (24, 40)):
        rows = random.normal(size=(items, width))
        rows -= rows.mean(axis=0)
        sides = np.stack([np.arange(items) < 12, random.permutation(np.arange(items) < 10)], axis=1)
        errors, margins, said = separabilities(rows, sides)
        for column, side in enumerate(sides.T):
            held = by_refitting(rows, side)
            error = 0.5 * (np.mean(held[side] <= 0) + np.mean(held[~side] > 0))
            np.testing.assert_allclose(errors[column], error)
            if column == 0:
                np.testing.assert_allclose(said, held, rtol=1e-8)
            np.testing.assert_allclose(margins[column], 0.5 * (held[side].mean() - held[~side].mean()), rtol=1e-8)


def test_far_sides_are_told_without_error_and_equal_ones_by_guessing():
    random = np.random.default_rng(0)
    rows = random.normal(size=(200, 5))
    sides = np.arange(200)[:, None] < 100
    errors, margins, _ = separabilities(rows + 20.0 * sides - 10.0, sides)
    assert errors[0] == 0.0
    assert margins[0] > 0.8
    errors, margins, _ = separabilities(rows, sides)
    assert 0.4 < errors[0] < 0.6
    assert abs(margins[0]) < 0.1
