"""Made-up outcomes whose means, differences and ratios can be worked out by hand."""

import pytest

from bench._outcomes import Outcome

MACHINE = "a machine, 2 cores; commit 0123456789"


@pytest.fixture
def outcomes():
    """Two sets, seeds 0 and 1; on ``one`` plain is the best and fastest peer, on ``two`` autogluon is the best."""
    scores = {
        "one": {"quick": (0.80, 0.82), "standard": (0.90, 0.88), "plain": (0.80, 0.80), "autogluon": (0.70, 0.72)},
        "two": {"quick": (0.50, 0.52), "standard": (0.66, 0.60), "plain": (0.50, 0.50), "autogluon": (0.60, 0.60)},
    }
    walls = {"quick": (10, 10), "standard": (150, 300), "plain": (100, 200), "autogluon": (200, 400), "frozen": (5, 8)}
    return [
        Outcome(
            set=name,
            contestant=contestant,
            seed=seed,
            balanced_accuracy={**scores[name], "frozen": (0.79, 0.79)}[contestant][seed],
            wall=float(walls[contestant][seed]),
            cpu=2.0 * walls[contestant][seed],
            peak=500.0 + seed,
            machine=MACHINE,
            commit="0123456789",
            environment="torch 9",
        )
        for name in scores
        for seed in (0, 1)
        for contestant in walls
    ]
