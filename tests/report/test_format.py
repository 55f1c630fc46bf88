import pytest

from headstart.core.results import Interval
from headstart.report import _format as form


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (form.signed(5.34), "+5.3"),
        (form.signed(-5.36), "−5.4"),
        (form.signed(-0.04), "0.0"),
        (form.plain(2.0), "2.0"),
        (form.percent(0.794), "79.4%"),
        (form.percent(1, 0), "100%"),
        (form.points(0.124), "+12.4 points"),
        (form.points(0.01), "+1.0 point"),
        (form.points(-0.01), "−1.0 point"),
        (form.duration(0), "0 s"),
        (form.duration(0.004), "under 0.01 s"),
        (form.duration(0.42), "0.42 s"),
        (form.duration(9.96), "10 s"),
        (form.duration(59.6), "1 min 0 s"),
        (form.duration(125), "2 min 5 s"),
        (form.duration(3840), "1 h 4 min"),
        (form.duration(3599.9), "1 h 0 min"),
        (form.size(512), "512 bytes"),
        (form.size(999_700), "1 MB"),
        (form.size(13_200_000), "13.2 MB"),
        (form.size(3e15), "3e+03 TB"),
        (form.shape({"size": 288}), "288 px"),
        (form.shape({"tokens": 128}), "128 tokens"),
        (form.parameters(1234), "1,234"),
        (form.parameters(4_870_000), "4.87 million"),
        (form.parameters(7_000_000_000), "7 billion"),
        (form.passes(1.0), "1 forward pass"),
        (form.passes(0.25), "0.25 forward passes"),
        (form.passes(31.4), "31 forward passes"),
        (form.shorten("short"), "short"),
        (form.shorten("a" * 30 + "b" * 30, 11), "aaaaa…bbbbb"),
        (form.bare("packaged:efficientnet_lite0"), "efficientnet_lite0"),
        (form.bare("plain"), "plain"),
        (form.number("accuracy", 0.5), "50.0%"),
        (form.number("log_loss", 0.4014), "0.401"),
        (form.metric("new_thing").label, "New thing"),
    ],
)
def test_shown_as_people_read_it(shown, expected):
    assert shown == expected


def test_intervals_take_the_unit_of_their_metric():
    interval = Interval(value=0.8, low=0.761, high=0.824, method="")
    assert form.span("accuracy", interval) == "76.1 to 82.4"
    assert form.span("brier", interval) == "0.761 to 0.824"


@pytest.mark.parametrize("limit", range(1, 12))
def test_shortened_texts_keep_to_the_limit(limit):
    assert len(form.shorten("0123456789abcdef", limit)) == limit


def test_items_are_named_by_modality(solar, tweets):
    assert form.items(solar, 2) == "2 images"
    assert form.items(tweets, 1) == "1 text"


def test_sentences_are_cut_between_words():
    assert form.cut("Two words here.", 15) == "Two words here."
    assert form.cut("Two words here.", 14) == "Two words …"
    assert form.cut("a cross-validated score", 12) == "a …"
    assert form.cut("a-single-long-name.png", 11) == "a-sin…e.png"
