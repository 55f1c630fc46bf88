import dataclasses

import pytest

from headstart.core.results import Retention
from headstart.report import _wording as wording
from tests.report import sample


def with_verdict(results, **changes):
    return dataclasses.replace(results, verdict=dataclasses.replace(results.verdict, **changes))


def test_the_data_answer_counts_and_judges(solar, tweets):
    assert wording.data_answer(solar) == (
        "400 images to learn from and 800 to test on, in 2 classes; the audit found 2 problems."
    )
    assert wording.data_answer(tweets) == (
        "764 texts to learn from, none kept for a test, in 3 classes; the audit found nothing wrong."
    )
    remark = dataclasses.replace(solar.data, issues=solar.data.issues[-1:])
    assert wording.data_answer(dataclasses.replace(solar, data=remark)).endswith(
        "the audit found nothing serious and makes 1 remark."
    )


def test_the_model_answer_says_the_place_in_the_ranking(solar, tweets):
    assert wording.model_answer(solar) == (
        "efficientnet_lite2 was chosen: a linear probe on its frozen features scores 79.2%, "
        "the best of the 4 models measured."
    )
    assert wording.model_answer(tweets) == "all_minilm_l6_v2 was the only model in the pool."
    third = dataclasses.replace(solar, model=dataclasses.replace(solar.model, name="packaged:efficientnet_lite0"))
    assert "the third best of the 4" in wording.model_answer(third)
    alone = dataclasses.replace(solar, ranking=(solar.ranking[0], solar.ranking[-1]))
    assert wording.model_answer(alone).endswith("scores 79.2%, and no other model was measured.")
    unmeasured = dataclasses.replace(solar, model=dataclasses.replace(solar.model, name="local:mine"))
    assert wording.model_answer(unmeasured) == "mine was chosen out of 5 models."


def test_the_strategy_answer_weighs_cost_against_score(solar, tweets):
    assert wording.strategy_answer(solar) == (
        "linear_probe is enough, at a cost of 1 forward pass: it is measured 0.6 points behind lp_ft (−2.2 to "
        "+1.0), which may be luck."
    )
    surest = tuple(dataclasses.replace(row, expected=0.81) if row.chosen else row for row in solar.candidates)
    assert wording.strategy_answer(dataclasses.replace(solar, candidates=surest)) == (
        "linear_probe is expected to do best, at a cost of 1 forward pass: it is measured 0.6 points behind lp_ft "
        "(−2.2 to +1.0), and what it did on other data counts, too."
    )
    ahead = tuple(
        dataclasses.replace(row, difference=dataclasses.replace(row.difference, value=0.004)) if row.chosen else row
        for row in surest
    )
    assert "it is measured 0.4 points ahead of lp_ft (−2.2 to +1.0), and" in wording.strategy_answer(
        dataclasses.replace(solar, candidates=ahead)
    )
    assert (
        wording.strategy_answer(tweets) == "linear_probe was the only candidate compared, at a cost of 1 forward pass."
    )
    best = tuple(dataclasses.replace(row, chosen=row.strategy == "lp_ft") for row in solar.candidates)
    assert wording.strategy_answer(dataclasses.replace(solar, candidates=best)) == (
        "lp_ft scores best of the 5 candidates compared, at a cost of 31 forward passes."
    )
    luckier = tuple(  # the best of those on all folds was taken, and another is higher on few
        dataclasses.replace(row, score=dataclasses.replace(row.score, value=0.85))
        if row.strategy == "last_blocks"
        else row
        for row in best
    )
    assert wording.strategy_answer(dataclasses.replace(solar, candidates=luckier)) == (
        "lp_ft was taken of the 5 candidates compared, at a cost of 31 forward passes."
    )
    assert wording.strategy_answer(sample.bare_minimum()) == "linear_probe was used; no strategies were compared."


def test_the_best_candidate_is_the_one_the_others_are_compared_with(solar):
    found = wording.best(solar)
    assert found is not None
    assert found.strategy == "lp_ft"
    assert wording.best(sample.bare_minimum()) is None


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, "Yes: it beats the simple baseline, the strongest control, by 12.4 points."),
        (
            {"outcome": "negative", "delta": -0.031},
            "No: the simple baseline is better by 3.1 points.",
        ),
        (
            {"outcome": "no_material_difference", "delta": 0.003},
            "Not materially: +0.3 points against the simple baseline.",
        ),
        (
            {"outcome": "cannot_tell", "delta": 0.021},
            "It cannot be told from 800 images: +2.1 points against the simple baseline.",
        ),
    ],
)
def test_the_transfer_answer_follows_the_verdict(solar, changes, answer):
    assert wording.transfer_answer(with_verdict(solar, **changes)) == answer


def test_a_served_baseline_is_said(tweets):
    assert wording.transfer_answer(tweets) == (
        "No: the simple baseline is better by 4.6 points, and the model folder holds that baseline."
    )
    assert wording.served(tweets) == "the simple baseline (TF-IDF + logistic regression)"
    assert wording.score_answer(tweets) == (
        "Balanced accuracy 64.5% (60.9 to 68.1), measured on 764 texts by cross-validation."
    )


def test_the_decisive_control_is_the_one_with_the_smallest_difference(solar, tweets):
    assert wording.decisive(solar) == "simple"
    assert wording.decisive(tweets) == "simple"
    bare = sample.bare_minimum()
    assert wording.control(wording.decisive(bare)) == "a simple non-deep model"


def test_one_control_is_not_called_the_strongest(solar):
    alone = dataclasses.replace(solar, controls={"scratch": solar.controls["scratch"]})
    assert wording.transfer_answer(alone) == "Yes: it beats training from scratch by 12.4 points."


def test_the_score_answer_says_where_it_was_measured(solar):
    assert (
        wording.score_answer(solar)
        == "Balanced accuracy 81.8% (79.1 to 84.5), measured on 800 images of the test split."
    )


def test_what_cannot_be_seen_is_said(solar):
    assert wording.detectable(solar) == (
        "With 800 images, a true difference of 5.3 points would be found four times out of five; "
        "differences under 1.0 count as immaterial."
    )
    assert wording.detectable(with_verdict(solar, needed=2300)).endswith(
        "About 2,300 scored items would settle the question."
    )


def test_guessing_is_named_where_it_is_known(solar, tweets):
    assert wording.chance(solar) == "guessing scores 50.0%"
    assert wording.chance(tweets) == "guessing scores 33.3%"
    assert wording.chance(dataclasses.replace(solar, primary="macro_f1")) == ""


@pytest.mark.parametrize(
    ("licence", "restricted"),
    [
        ("CC-BY-NC-SA-4.0", True),
        ("cc-by-nc-4.0", True),
        ("non-commercial research", True),
        ("Research-only", True),
        ("Apache-2.0", False),
        ("MIT", False),
        ("NCSA", False),
        ("", False),
    ],
)
def test_licences_without_commercial_use_are_known(licence, restricted):
    assert wording.restricted(licence) is restricted


def test_what_a_budget_cut_off_is_not_counted_as_measured(solar):
    cut = dataclasses.replace(solar, scored_on="cross-validation", scored=160)
    assert wording.where(cut) == "160 of 400 images by cross-validation"
    assert wording.where(dataclasses.replace(cut, scored=400)) == "400 images by cross-validation"
    assert "measured on 160 of 400 images by cross-validation" in wording.score_answer(cut)
    undecided = with_verdict(cut, outcome="cannot_tell", scored=30)
    assert wording.transfer_answer(undecided).startswith("It cannot be told from 160 images")
    assert wording.detectable(undecided).startswith("With 30 images, a true difference of")


def test_a_control_that_is_not_counted_is_no_rival(solar):
    two = dataclasses.replace(solar, controls={name: solar.controls[name] for name in ("scratch", "simple")})
    assert "the strongest control" in wording.transfer_answer(two)
    assert "the strongest control" not in wording.transfer_answer(with_verdict(two, apart=("scratch",)))


def test_what_confidence_means_where_classes_differ_in_size_is_said(solar):
    def sized(**counts: int):
        return dataclasses.replace(solar, data=dataclasses.replace(solar.data, class_counts=counts))

    assert wording.equal_say(sized(a=100, b=70)) == ""
    assert wording.equal_say(sized(a=100, b=60)).startswith(
        "Every class counts the same to the model, so it gives a rare"
    )
    assert wording.equal_say(sized()) == ""


def test_the_map_says_whose_features_it_shows(solar, tweets):
    assert wording.seeing(solar) == "model"
    assert wording.seeing(tweets) == "pretrained model"


def test_what_was_kept_is_said_where_the_body_has_changed(solar, tweets):
    assert wording.kept(solar) == ""
    agreement = sample.interval(0.712, 0.031)
    known = Retention(measured_on="test", items=800, similarity=0.9312, agreement=agreement, classes=1000)
    assert wording.kept(dataclasses.replace(solar, retention=known)) == (
        "What it has kept: on 800 images of the test split, its features resemble the pretrained ones to 0.93 (linear "
        "CKA; 1 is alike), and the classifier of its pretraining (1,000 classes) still names the same class for 71.2% "
        "of them (68.1% to 74.3%)."
    )
    bare = Retention(measured_on="training", items=30, similarity=None, agreement=None, classes=0)
    assert wording.kept(dataclasses.replace(solar, retention=bare)) == ""
    alike = dataclasses.replace(tweets, retention=dataclasses.replace(bare, similarity=1.0))
    assert wording.kept(alike).startswith("What it has kept: on 30 texts of the training split, its features")


def test_differences_on_fewer_items_are_said_to_be(solar):
    rows = {name: dataclasses.replace(row, scored=400) for name, row in solar.controls.items()}
    whole = dataclasses.replace(solar, controls=rows, scored_on="cross-validation")
    assert wording.paired(whole) == "Differences are paired on the folds that both were scored on."
    rows["simple"] = dataclasses.replace(rows["simple"], scored=80)
    part = dataclasses.replace(whole, controls=rows)
    assert wording.paired(part).endswith("down to 80 images: they may disagree with scores of others beside them.")


def test_domains_are_said_to_be_unseen_where_they_are(solar, tweets):
    given = dataclasses.replace(sample.by_domain(tweets), served="transfer")
    assert wording.where(given) == "764 texts by cross-validation across domains"
    assert wording.by_domain(given).startswith(
        "Each is scored by models that have learnt from others only, as measured. I"
    )
    five = dict.fromkeys(("Freiburg", "Erlangen", "Jena", "Ulm", "Trier"), 90)
    partly = dataclasses.replace(given, data=dataclasses.replace(given.data, domain_counts=five))
    assert "There was no time to leave out the other 2 domains." in wording.by_domain(partly)
    assert wording.domains_in_short(partly).startswith("Of 3 of 5 domains, left out as time allowed, the worst is")
    one = dataclasses.replace(given, by_domain=given.by_domain[:1])
    assert wording.domains_in_short(one) == ""
    assert wording.by_domain(one).endswith("Intervals are over the items of a domain.")
    assert wording.domains_in_short(given) == (
        "Of 3 domains, each unseen in training, the worst is 'Freiburg' 71.0% (65.0 to 76.0), the best 'Jena' 84.6% "
        "(78.6 to 89.6)."
    )
    other = dataclasses.replace(given, served="simple")
    assert "the transfer's worst is 'Freiburg'" in wording.domains_in_short(other)
    assert wording.by_domain(other).endswith("These are scores of the transfer, which is not what is served.")
    tested = sample.by_domain(solar)
    assert wording.by_domain(tested).startswith("Test items of each domain.")
    assert "unseen" not in wording.domains_in_short(tested)


def test_training_items_are_counted_by_domain(solar):
    assert wording.learnt_domains(solar) == ""
    counts = {f"site {number}": 1000 + number for number in range(14)}
    named = dataclasses.replace(solar, data=dataclasses.replace(solar.data, domain_counts=counts))
    assert wording.learnt_domains(named).startswith("site 0: 1,000, site 1: 1,001, ")
    assert wording.learnt_domains(named).endswith("site 11: 1,011 and 2 more")
