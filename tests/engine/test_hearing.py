import numpy as np
import pytest

from headstart.core.sound import LONGEST_HEARD
from headstart.engine.hearing import beginnings, seconds_heard


@pytest.mark.parametrize(
    ("lasting", "expected"),
    [([0.2] * 5, 1), ([2.0] * 5, 2), ([2.1] * 99 + [29.0], 3), ([2.1] * 9 + [7.5], 8), ([90.0] * 5, LONGEST_HEARD)],
    ids=["short", "whole seconds", "one long", "some long", "all long"],
)
def test_nineteen_of_twenty_clips_are_heard_whole(lasting: list[float], expected: int):
    assert seconds_heard(np.array(lasting)) == expected


def test_what_is_not_heard_is_said():
    lasting = np.array([1.0] * 1990 + [4.5] * 10, dtype=np.float32)
    assert beginnings(lasting, 1) == "Clips are heard up to 1 s: 10 of 2,000 last longer"
    assert beginnings(lasting, 5) == ""
