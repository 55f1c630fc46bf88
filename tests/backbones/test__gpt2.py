from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from headstart.backbones._gpt2 import shift_for
from headstart.core.backbone import LinearHead
from headstart.core.errors import UserError
from tests.backbones.members import CLASSES, make


def drawn(classes: int, features: int) -> LinearHead:
    draw = np.random.default_rng(classes)
    return LinearHead(weight=draw.normal(size=(classes, features)), bias=draw.normal(size=classes))


@pytest.mark.parametrize(("classes", "features"), [(2, 16), (5, 16), (16, 16)])
def test_a_shift_of_the_features_stands_for_the_bias(classes: int, features: int) -> None:
    head = drawn(classes, features)
    np.testing.assert_allclose(head.weight @ shift_for(head), head.bias, atol=1e-9)


def test_weights_that_add_up_to_zero_leave_the_probabilities_as_they_are() -> None:
    plain = drawn(4, 16)
    head = LinearHead(weight=plain.weight - plain.weight.mean(axis=0), bias=plain.bias)
    difference = head.weight @ shift_for(head) - head.bias
    np.testing.assert_allclose(difference, difference[0], atol=1e-9)
    assert abs(difference[0]) > 0.01


def test_too_many_classes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no bias, and its 4 features cannot stand in for that of 9 classes"):
        shift_for(drawn(9, 4))
    names = [f"class {number}" for number in range(40)]
    with pytest.raises(UserError, match="its 16 features cannot stand in for that of 40 classes"):
        make("gpt2").export(tmp_path, drawn(40, 16), names)


def test_the_end_of_text_fills_up_batches(tmp_path: Path) -> None:
    backbone = make("gpt2")
    backbone.export(tmp_path, drawn(len(CLASSES), 16), CLASSES)
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    assert (tokenizer.pad_token, tokenizer.pad_token_id) == ("[SEP]", 3)


def test_rows_that_add_up_to_zero_but_for_rounding_give_no_long_shift() -> None:
    plain = drawn(4, 16)
    rounded = (plain.weight - plain.weight.mean(axis=0)).astype(np.float32).astype(np.float64)
    head = LinearHead(weight=rounded, bias=plain.bias)
    shift = shift_for(head)
    assert np.abs(shift).max() < 10
    difference = head.weight @ shift - head.bias
    np.testing.assert_allclose(difference, difference[0], atol=1e-5)
