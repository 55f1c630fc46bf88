from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from headstart.core.alignment import CONSENSUS, SOURCE_ONLY, Reason
from headstart.core.results import Interval, Outcome, Verdict
from headstart.engine.headline import WHY, carried, headline
from tests.engine.test_proof import scored
from tests.report.test__across import across


@pytest.mark.parametrize(
    ("outcome", "served", "expected"),
    [
        ("positive", "transfer", "Transfer helped: 80.0% balanced accuracy, 4.2 points above the best control (it)."),
        ("negative", "transfer", "Transfer hurt: 80.0% balanced accuracy, 4.2 points below the best control (it)."),
        ("negative", "simple", "A simple non-deep model wins by 4.2 points; it is what the model folder holds."),
        (
            "no_material_difference",
            "transfer",
            "80.0% balanced accuracy, and no material difference to the best control (it).",
        ),
        (
            "cannot_tell",
            "transfer",
            "80.0% balanced accuracy; whether transfer helped cannot be told from 400 items.",
        ),
    ],
)
def test_the_headline_says_what_matters_first(outcome: Outcome, served: str, expected: str):
    transfer, _ = scored(0.8)
    transfer = replace(transfer, scores={"balanced_accuracy": Interval(value=0.8, low=0.7, high=0.9, method="by hand")})
    verdict = Verdict(
        outcome=outcome, against="it", apart=(), delta=0.042 if outcome == "positive" else -0.042, low=-0.1, high=0.1,
        margin=0.01, scored=400, smallest_detectable=0.05, needed=None, sentence="",
    )  # fmt: skip
    assert headline(verdict, transfer, "balanced_accuracy", served) == expected
    if outcome == "cannot_tell":
        said = headline(replace(verdict, needed=5200), transfer, "balanced_accuracy", served)
        assert said.endswith("cannot be told from 400 items; about 5,200 would settle it.")


def test_carrying_over_comes_first():
    assert carried(across()) == "Adapted to 'site b' by consensus: +5.0 points (+1.0 to +9.0) on the test items."
    assert "cannot be measured without labels" in carried(across(gain=None))
    assert carried(across(SOURCE_ONLY)) == ("Not adapted to 'site b', which looks like the same domain.")
    assert across().alignment.taken == CONSENSUS


def test_every_reason_has_its_words():
    assert set(WHY) == set(get_args(Reason))
