import pytest

from headstart.data._audit_clips import ODD_CLIPS, odd_clips
from headstart.data._finding import Finding


def clip(seconds: float = 1.0, rate: int = 8000, *odd: str) -> Finding:
    return Finding(digest="d", seconds=seconds, rate=rate, odd=odd)


def ids(n: int) -> list[str]:
    return [f"i{number}" for number in range(n)]


def test_usual_clips_are_no_issue():
    assert odd_clips(ids(4), [clip() for _ in range(4)], ["a", "b"] * 2) == []


@pytest.mark.parametrize("code", ODD_CLIPS)
def test_odd_clips_are_counted_by_kind(code: str):
    (found,) = odd_clips(ids(3), [clip(), clip(1.0, 8000, code), clip()], ["a", "b", "a"])
    assert found.message == f"1 clip {ODD_CLIPS[code]}: 'i1'."
    assert (found.code, found.items) == (code, ("i1",))
    assert found.severity == ("warning" if code in ("silent", "wrong_extension") else "note")


def test_clips_that_are_heard_in_part_are_named():
    (found,) = odd_clips(ids(2), [clip(), clip(31.0)], ["a", "b"])
    assert (found.code, found.severity, found.items) == ("long_clip", "note", ("i1",))
    assert found.message == "1 clip of more than 30 seconds: only the beginning is heard."


def test_rates_that_say_nothing_of_the_class_are_noted():
    findings = [clip(rate=rate) for rate in [8000] * 30 + [16000] * 10]
    (found,) = odd_clips(ids(40), findings, ["a", "b"] * 20)
    assert (found.code, found.severity, found.count) == ("mixed_rates", "note", 10)
    assert found.message == (
        "Clips have 2 sampling rates (30 at 8,000 Hz, 10 at 16,000 Hz); all are brought to that of the model."
    )


def test_rates_that_tell_the_class_are_warned_of():
    findings = [clip(rate=rate) for rate in [8000] * 20 + [16000] * 18 + [8000, 44100]]
    (found,) = odd_clips(ids(40), findings, ["a"] * 20 + ["b"] * 20)
    assert (found.severity, found.count) == ("warning", 19)
    assert found.message.startswith(
        "Clips have 3 sampling rates (21 at 8,000 Hz, 18 at 16,000 Hz, 1 at 44,100 Hz), and the classes differ in them"
    )


def test_few_clips_prove_nothing():
    (found,) = odd_clips(ids(4), [clip(rate=rate) for rate in (8000, 8000, 16000, 16000)], ["a", "a", "b", "b"])
    assert found.severity == "note"


def test_one_class_has_nothing_to_differ_in():
    (found,) = odd_clips(ids(2), [clip(rate=8000), clip(rate=16000)], ["a", "a"])
    assert found.severity == "note"
