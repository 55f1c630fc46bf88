from __future__ import annotations

from bench.across_deep import ALONE, FROZEN, Outcome, page


def outcome(shift: str, seed: int, method: str, score: float) -> Outcome:
    return Outcome(shift=shift, seed=seed, items=300, strategy="lp_ft", method=method, score=score, seconds=1.0)


def test_gains_are_points_above_the_source_alone_and_harm_is_counted_in_the_mean_over_seeds():
    found = [
        *(outcome("a > b", seed, FROZEN, 0.4) for seed in (0, 1)),
        *(outcome("a > b", seed, ALONE, 0.5) for seed in (0, 1)),
        outcome("a > b", 0, "dann", 0.6),
        outcome("a > b", 1, "dann", 0.5),
        *(outcome("b > a", 0, method, score) for method, score in ((FROZEN, 0.6), (ALONE, 0.7), ("dann", 0.65))),
    ]
    text = page(found)
    assert "`lp_ft`, 300 items a side: balanced accuracy in percent, and points above the source alone." in text
    assert "| a > b | 40.0 | 50.0 | +5.0 |" in text
    assert "| b > a | 60.0 | 70.0 | -5.0 |" in text
    assert "| mean | | | +0.0 |" in text
    assert "| harmed | | | 1 of 2 |" in text


def test_what_was_not_measured_is_a_dash():
    found = [outcome("a > b", 0, ALONE, 0.5), outcome("b > a", 0, ALONE, 0.5), outcome("a > b", 0, "dan", 0.6)]
    assert "| b > a | – | 50.0 | – |" in page(found)
