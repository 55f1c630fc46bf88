"""What every validator keeps to, whoever wrote it."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest

from headstart.catalog import validators
from headstart.core.validator import Judged, Validator
from tests.validators.cases import judged, sure

NAMES = validators.names()


@pytest.fixture(params=NAMES)
def validator(request: pytest.FixtureRequest) -> Validator:
    return validators.get(request.param)()


def some(seed: int = 0) -> Judged:
    random = np.random.default_rng(seed)
    return Judged(
        source=random.normal(size=(30, 4)),
        labels=np.arange(30) % 3,
        target=random.normal(size=(40, 4)),
        logits=random.normal(size=(40, 3)),
        held=random.normal(size=(30, 3)),
        back=random.normal(size=(30, 3)),
        weights=random.exponential(size=30),
    )


def test_all_are_created_by_name():
    expected = {"bnm", "circular", "class_ami", "dev", "entropy", "importance_weighted", "snd", "source_accuracy"}
    assert expected <= set(NAMES)


def test_a_frozen_value_that_names_its_paper_and_when_it_fails(validator: Validator):
    assert dataclasses.is_dataclass(validator)
    assert type(validator)() == validator
    assert "20" in validator.summary
    assert "Fails when" in " ".join((type(validator).__doc__ or "").split()) or "fails" in (
        type(validator).__doc__ or ""
    )


def test_pure_finite_and_repeatable(validator: Validator):
    case = some()
    before = copy.deepcopy(case)
    value = validator.value(case)
    assert isinstance(value, float)
    assert np.isfinite(value)
    assert validator.value(case) == value
    for field in dataclasses.fields(case):
        np.testing.assert_array_equal(getattr(case, field.name), getattr(before, field.name))


def test_names_of_classes_do_not_matter(validator: Validator):
    case = some()
    turned = dataclasses.replace(
        case,
        labels=(case.labels + 1) % 3,
        **{field: np.roll(getattr(case, field), 1, axis=1) for field in ("logits", "held", "back")},
    )
    assert validator.value(turned) == pytest.approx(validator.value(case), abs=1e-9)


def test_one_class_predicted_for_all_is_no_error(validator: Validator):
    assert np.isfinite(validator.value(judged(logits=sure(np.zeros(6, dtype=int)))))
