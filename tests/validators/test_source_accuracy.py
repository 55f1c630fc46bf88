from __future__ import annotations

import numpy as np
import pytest

from headstart.validators.source_accuracy import SourceAccuracy
from tests.validators.cases import judged, sure


def test_every_class_counts_the_same():
    """Three of the first class right of three, none of one: a half."""
    case = judged(labels=[0, 0, 0, 1], held=sure(np.zeros(4, dtype=int)))
    assert SourceAccuracy().value(case) == pytest.approx(0.5)


def test_predictions_for_the_target_do_not_matter():
    assert SourceAccuracy().value(judged()) == SourceAccuracy().value(judged(logits=sure(np.zeros(6, dtype=int)))) == 1
