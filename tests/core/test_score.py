import pytest

from headstart.core.score import kept, scored_together


def test_what_is_kept_together_is_let_go_together():
    with scored_together():
        kept()[b"a"] = 1
        assert kept() == {b"a": 1}
        with scored_together():
            assert kept() == {}
        assert kept() == {b"a": 1}
    assert kept() == {}


def test_nothing_is_kept_alone():
    kept()[b"a"] = 1
    assert kept() == {}


def test_a_score_that_fails_leaves_nothing():
    def fail() -> None:
        with scored_together():
            kept()[b"a"] = 1
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert kept() == {}
