from __future__ import annotations

from bench.unseen import ACROSS, PICTURES, Outcome, page, sets


def outcome(name: str, domain: str, strategy: str, score: float | None) -> Outcome:
    return Outcome(set=name, domain=domain, draw=0, strategy=strategy, balanced_accuracy=score)


def test_every_set_of_texts_has_four_domains():
    found = sets()
    assert {len(domains) for domains in found.values()} == {4}
    assert "comp.graphics or rec.autos" in found["comp or rec"]


def test_gains_are_paired_by_domain_and_draw():
    scores = {"tweets": (0.6, 0.7, 0.72, None), "films": (0.5, 0.5, 0.54, 0.4)}
    found = [
        outcome("sentiment", domain, strategy, score)
        for domain, own in scores.items()
        for strategy, score in zip(ACROSS, own, strict=True)
    ]
    found += [outcome("mono > poly", "", strategy, 0.6) for strategy in PICTURES]
    text = "\n".join(page(found, 100))
    assert "| sentiment | 2 | 55.0 | 60.0 | 63.0 | 40.0 |" in text
    assert "| points above `lp_ft` | | -5.0 ± 5.0 |  | +3.0 ± 1.0 | -10.0 |" in text
    assert "| mono > poly | 1 | 60.0 | 60.0 | 60.0 |" in text
    assert "three domains with 100 items each are learnt from, of pictures one with 300" in text


def test_a_part_that_was_not_measured_has_no_table():
    text = "\n".join(page([outcome("mono > poly", "", strategy, 0.6) for strategy in PICTURES], 100))
    assert "Several domains" not in text
