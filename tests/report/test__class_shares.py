"""Classes in a target, as they are predicted there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from headstart.core.alignment import SOURCE_ONLY
from headstart.core.results import Results
from headstart.report import _class_shares
from headstart.report._class_shares import ClassShare, class_shares, scarce, tabled, warning
from headstart.report.html import render
from tests.report.sample import solar
from tests.report.test__across import across
from tests.report.test_summary import summary_text


def predicted(before: tuple[float, ...], after: tuple[float, ...], counts: tuple[int, ...] = (60, 40)) -> Results:
    """A target of 1,000 items; classes are those of the solar cells, or numbers."""
    plain = solar()
    classes = plain.data.classes if len(counts) == 2 else tuple(f"class {n}" for n in range(len(counts)))
    data = replace(plain.data, classes=classes, class_counts=dict(zip(classes, counts, strict=True)))
    given = across()
    rows = tuple(replace(row, predicted=before if row.method == SOURCE_ONLY else after) for row in given.alignment.rows)
    return replace(plain, data=data, across=replace(given, alignment=replace(given.alignment, rows=rows)))


def test_shares_stand_beside_those_of_training():
    one, other = class_shares(predicted((0.7, 0.3), (0.55, 0.45)))
    assert one == ClassShare(name=solar().data.classes[0], trained=0.6, before=0.7, after=0.55)
    assert other.trained == pytest.approx(0.4)
    assert class_shares(solar()) == []


def test_a_class_that_is_hardly_predicted_is_named_with_what_follows():
    found = predicted((0.985, 0.015), (0.8, 0.2))
    name = solar().data.classes[1]
    assert scarce(found) == [name]
    assert warning(found) == (
        f"The original model hardly predicts '{name}' in the target ('{name}': 1.5% of its items, 40.0% of the "
        "training items). Either such items are missing there, or the model does not recognise them: look at some. "
        "Methods of adaptation expect all classes, and may do harm where some are missing."
    )
    assert "hardly predicts" in summary_text(found)
    assert "hardly predicts" in render(found, run="runs/x")
    assert warning(predicted((0.8, 0.2), (1.0, 0.0))) == ""
    assert warning(solar()) == ""


def test_few_items_of_a_rare_class_may_be_chance():
    assert scarce(predicted((1.0, 0.0), (1.0, 0.0), counts=(991, 9))) == []
    assert len(scarce(predicted((1.0, 0.0), (1.0, 0.0), counts=(990, 10)))) == 1


def test_many_scarce_classes_are_counted_and_a_table_has_the_most_telling(monkeypatch: pytest.MonkeyPatch):
    found = predicted((0.9, *[0.0] * 6, 0.1), (0.9, *[0.0] * 6, 0.1), counts=(10,) * 8)
    assert "'class 1', 'class 2', 'class 3', 'class 4' and 2 more in the target" in warning(found)
    monkeypatch.setattr(_class_shares, "TABLED", 2)
    assert [each.name for each in tabled(found)] == ["class 0", "class 1"]
    assert "2 of 8 classes: those whose predictions differ most from their frequency in training." in render(
        found, run="runs/x"
    )


def test_a_model_that_was_kept_has_one_column():
    plain = predicted((0.7, 0.3), (0.55, 0.45))
    assert plain.across is not None
    kept = replace(
        plain, across=replace(across(SOURCE_ONLY), alignment=replace(plain.across.alignment, taken=SOURCE_ONLY))
    )
    assert "… by what was taken" in render(plain, run="runs/x")
    assert "… by what was taken" not in render(kept, run="runs/x")
