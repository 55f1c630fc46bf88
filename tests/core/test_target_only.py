from __future__ import annotations

from headstart.core.target_only import TargetMethod
from tests.engine import toys


class Plain(TargetMethod):
    summary = "for tests"


def test_nothing_is_refused_and_nothing_trained_unless_it_is_said():
    assert Plain().supports(toys.info()) is None
    assert Plain().training() is None
    assert not Plain.candidate
