from __future__ import annotations

import numpy as np
import pytest

from bench.skada import METHODS, Outcome, of_skada, page, plain_ridge
from headstart.core.domain import Pair
from headstart.heads.balanced import balanced_accuracy


def pair() -> tuple[Pair, np.ndarray]:
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(2), 30)
    source = random.normal(size=(60, 5)) + 4.0 * np.eye(2, 5)[labels]
    return Pair(source=source, labels=labels, target=source + 9.0, outputs=2), labels


def test_the_same_head_is_fitted_to_features_and_to_weights():
    both, hidden = pair()
    found = {f"{name} source": both.source for name in METHODS if name not in ("kmm", "kliep")}
    found |= {f"{name} target": both.target - 9.0 for name in METHODS if name not in ("kmm", "kliep")}
    found |= {"kmm weights": np.ones(60), "kliep weights": np.where(hidden == 0, 0.0, 2.0)}
    logits = of_skada(both, found)
    assert list(logits) == list(METHODS)
    assert balanced_accuracy(logits["coral"], hidden) > 0.95
    np.testing.assert_array_equal(logits["coral"], logits["linear_ot"])
    assert np.isfinite(logits["kliep"]).all()
    assert not np.allclose(logits["kmm"], logits["kliep"])


def test_every_method_meets_its_namesake_by_shift_in_the_mean_over_seeds():
    def outcome(shift: str, seed: int, theirs: float) -> Outcome:
        return Outcome(shift=shift, seed=seed, ours=dict.fromkeys(METHODS, 60.0), theirs=dict.fromkeys(METHODS, theirs))

    lines = list(page([outcome("a > b", 0, 59.0), outcome("a > b", 1, 62.0), outcome("b > a", 0, 58.0)], "3.11"))
    assert "| coral | 60.0, 60.5 | 60.0, 58.0 | 1 of 2 |" in lines
    assert len(lines) == 4 + len(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_ours_cross_what_they_are_given(name: str):
    both, _ = pair()
    logits = METHODS[name].cross(both, plain_ridge).head.logits(both.target)
    assert logits.shape == (60, 2)
    assert np.isfinite(logits).all()


def test_the_head_turns_with_the_features():
    """What a method gives in other coordinates is worth the same."""
    both, hidden = pair()
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(5, 5)))[0]
    shares = np.eye(2)[both.labels]
    plain, turned = plain_ridge(both.source, shares), plain_ridge(both.source @ turn, shares)
    np.testing.assert_allclose(plain.logits(both.target), turned.logits(both.target @ turn), atol=1e-8)
    assert balanced_accuracy(plain.logits(both.source), hidden) > 0.95
    weighed = plain_ridge(both.source, shares, weights=np.where(hidden == 0, 1e-3, 1.0))
    assert (weighed.logits(both.source).argmax(axis=1) == 1).mean() > 0.5
