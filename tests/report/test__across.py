from __future__ import annotations

from dataclasses import replace

import pytest

from headstart.core.alignment import (
    CONSENSUS,
    NORMALISATION,
    OWN_CONSENSUS,
    SOURCE_ONLY,
    TRANSDUCTIVE,
    Alignment,
    WayRow,
)
from headstart.core.results import Across, FewRecord, Interval, IssueRecord, Results, TargetRecord
from headstart.engine.guard import REASONS
from headstart.report import _across
from headstart.report._wording import carried_over
from headstart.report.html import render
from headstart.report.json import document
from tests.report.sample import solar
from tests.report.test_summary import flat, summary_text

VALUES = {"bnm": 0.7, "class_ami": 0.31, "source_accuracy": 0.8, "mine": 1.0}


def across(taken: str = CONSENSUS, gain: tuple[float, float, float] | None = (0.05, 0.01, 0.09)) -> Across:
    rows = tuple(
        WayRow(method=name, values=VALUES, changed=changed, predicted=(0.5, 0.5))
        for name, changed in ((SOURCE_ONLY, 0.0), ("jdot", 0.2), (CONSENSUS, 0.1234))
    )
    reason = "same domain" if taken == SOURCE_ONLY else "agreed"
    return Across(
        target=TargetRecord(name="site b", fingerprint="0" * 64, items=1200, independent=1100, issues=()),
        alignment=Alignment(
            taken=taken,
            reason=reason,
            sentence="Here is why.",
            p=0.005,
            source=400,
            target=2000,
            rows=rows,
            judged=1000,
        ),
        labelled=None,
        before=Interval(value=0.7, low=0.6, high=0.8, method="by hand") if gain else None,
        difference=Interval(value=gain[0], low=gain[1], high=gain[2], method="by hand") if gain else None,
    )


def results(given: Across) -> Results:
    return replace(solar(), across=given)


def test_what_was_taken_and_why():
    assert _across.answer(across()) == "Yes, using the consensus of the methods. Here is why."
    assert _across.answer(across("jdot")) == "Yes, using jdot. Here is why."
    assert _across.answer(across(SOURCE_ONLY)) == "No. Here is why."
    own = across(OWN_CONSENSUS)
    own = replace(own, alignment=replace(own.alignment, trained=NORMALISATION))
    assert _across.answer(own) == "Yes, using adabn and the consensus of the methods. Here is why."
    trained = replace(across("dann"), alignment=replace(across("dann").alignment, trained="lp_ft"))
    assert _across.answer(trained) == "Yes, using dann, which trained the body, too (lp_ft). Here is why."
    assert carried_over(results(own)) == ", then adabn + consensus"
    assert carried_over(results(trained)) == ", then dann with lp_ft"
    assert carried_over(results(across("jdot"))) == ", then jdot"
    assert carried_over(results(across(SOURCE_ONLY))) == carried_over(solar()) == ""
    assert _across.question(across()) == "Should the model be adapted to 'site b'?"


def test_what_the_audit_of_the_target_found_is_shown():
    told = [
        IssueRecord(code="unreadable", severity="warning", message="Left out: 2 items.", items=("a", "b"), count=2),
        IssueRecord(code="long_text", severity="note", message="Long ones.", items=(), count=2),
    ]
    given = results(replace(across(), target=replace(across().target, issues=tuple(told))))
    assert "! Left out: 2 items." in flat(summary_text(given))
    assert "Long ones." not in summary_text(given)
    many = [replace(told[0], message=f"Found {number}.") for number in range(6)]
    given_many = results(replace(across(), target=replace(across().target, issues=tuple(many))))
    assert "! Found 3. and 2 more findings in the report" in flat(summary_text(given_many))
    page = render(given, run="x")
    for part in ("What the audit of 'site b' found", "Left out: 2 items.", "<code>b</code>", "Long ones."):
        assert part in page
    assert "What the audit of 'site" not in render(results(across()), run="x")


def test_that_test_items_are_in_the_target_is_told_to_the_end():
    sentence = (
        "12 of 400 test items are among the items of the target, or copies of some: they are scored without their "
        "labels having been seen, but the model was carried over to these very items, and may do less well on new ones."
    )
    told = IssueRecord(code=TRANSDUCTIVE, severity="warning", message=sentence, items=(), count=12)
    given = results(replace(across(), target=replace(across().target, issues=(told,))))
    assert f"! {sentence}" in flat(summary_text(given))
    assert render(given, run="x").count("and may do less well on new ones") == 1


def test_several_domains_of_the_training_items_are_several():
    given = results(across())
    given = replace(given, data=replace(given.data, domain_counts={"x": 1, "y": 1}))
    assert given.across is not None
    plain = replace(given, across=replace(given.across, difference=None))
    assert "in the training items' own domains." in _across.gained(plain)


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        ((0.05, 0.01, 0.09), "it gained +5.0 points (+1.0 to +9.0) of balanced accuracy"),
        ((-0.05, -0.09, -0.01), "it did harm: −5.0 points"),
        ((0.01, -0.02, 0.04), "too few items to tell whether it helped"),
        (None, "Accuracy in the target cannot be measured without labels"),
    ],
)
def test_what_it_has_brought(gain: tuple[float, float, float] | None, said: str):
    assert said in _across.gained(results(across(gain=gain))).replace("-5.0", "−5.0")


def with_labels(taken: str = "jdot") -> Across:
    values = {"jdot": 0.8, SOURCE_ONLY: 0.6}
    known = {name: Interval(value=value, low=0.1, high=0.9, method="by hand") for name, value in values.items()}
    difference = None if taken == SOURCE_ONLY else Interval(value=0.2, low=0.02, high=0.38, method="by hand")
    few = FewRecord(items=40, instead_of=CONSENSUS, right=known, difference=difference)
    return replace(across(taken, None), labelled=few)


def test_labelled_items_say_what_it_is_worth_where_there_are_no_others():
    said = _across.gained(results(with_labels()))
    assert "On 40 labelled items of the target it is +20.0 points (+2.0 to +38.0) of balanced accuracy" in said
    assert "freed from the luck of having been chosen by them" in said
    assert [line.right for line in _across.lines(with_labels())] == ["60%", "80%", ""]
    assert [line.taken for line in _across.lines(with_labels())] == [False, True, False]
    page = render(results(with_labels()), run="runs/x")
    assert ">Labelled items</th>" in page
    assert "Labelled items: balanced accuracy on 40 of the target, to which nothing was fitted." in page
    assert ">Labelled items</th>" not in render(results(across()), run="runs/x")
    document(results(with_labels(SOURCE_ONLY)))


def test_where_nothing_was_taken_there_is_nothing_to_tell():
    assert _across.gained(results(across(SOURCE_ONLY, None))) == ""


def test_the_table_has_every_way_and_every_validator():
    assert [name for name, _ in _across.columns(across())] == ["Source", "Clusters", "Nuclear norm", "mine"]
    lines = _across.lines(across())
    assert [line.name for line in lines] == ["the original model", "jdot", "the consensus of the methods"]
    assert [line.taken for line in lines] == [False, False, True]
    assert lines[2].values == ("0.80", "0.31", "0.70", "1.00")
    assert lines[2].changed == "12%"


def test_the_page_and_the_terminal_show_it():
    page = render(results(across()), run="runs/x")
    assert "Should the model be adapted to &#39;site b&#39;?" in page
    assert 'href="#across"' in page
    assert "the consensus of the methods" in page
    assert "across-heading" not in render(solar(), run="runs/x")
    assert "Yes, using the consensus of the methods." in summary_text(results(across()))


def test_the_document_holds_it():
    assert document(results(across()))["across"]["alignment"]["taken"] == CONSENSUS
    assert document(solar())["across"] is None


def test_the_longest_answer_fits_the_terminal():
    alignment = across(OWN_CONSENSUS).alignment
    rows = (*alignment.rows, replace(alignment.rows[-1], method=OWN_CONSENSUS))
    sentence = REASONS["own statistics"].format(p="0.005")
    given = results(replace(across(), alignment=replace(alignment, sentence=sentence, rows=rows)))
    assert _across.in_short(given) in " ".join(summary_text(given).split())


@pytest.mark.parametrize(
    ("given", "title", "outcome"),
    [
        (across(gain=(0.05, 0.01, 0.09)), "Better in the target", "positive"),
        (across(gain=(-0.05, -0.09, -0.01)), "Worse in the target", "negative"),
        (across(gain=(0.01, -0.02, 0.04)), "Adapted; the gain is not certain", "cannot_tell"),
        (across(gain=None), "Adapted; the gain is not certain", "cannot_tell"),
        (across(SOURCE_ONLY, None), "Not adapted", "no_material_difference"),
    ],
)
def test_what_stands_above_everything_is_about_the_target(given: Across, title: str, outcome: str):
    assert f'class="outcome-{outcome}"' in (page := render(results(given), run="runs/x"))
    assert title in page
    assert title in summary_text(results(given))
