from __future__ import annotations

import pytest

from headstart.engine import clock


def test_seconds_add_up_by_name_even_when_work_fails(monkeypatch: pytest.MonkeyPatch):
    ticks = iter([0.0, 2.0, 10.0, 13.0, 20.0, 21.0])
    monkeypatch.setattr(clock.time, "perf_counter", lambda: next(ticks))
    timed = clock.Clock()
    with timed.stage("a"):
        pass
    with timed.stage("a"):
        pass
    with pytest.raises(ZeroDivisionError), timed.stage("b"):
        raise ZeroDivisionError
    assert timed.seconds == {"a": 5.0, "b": 1.0}


def test_it_goes_on_from_what_was_kept(monkeypatch: pytest.MonkeyPatch):
    ticks = iter([0.0, 1.0, 5.0, 10.0, 12.0])
    monkeypatch.setattr(clock.time, "perf_counter", lambda: next(ticks))
    kept = []
    timed = clock.Clock({"a": 3.0}, kept.append)
    with timed.stage("a"):
        timed.keep_now()
    with timed.stage("b"):
        pass
    assert kept == [{"a": 4.0}, {"a": 8.0}, {"a": 8.0, "b": 2.0}]
    assert timed.seconds == kept[-1]
