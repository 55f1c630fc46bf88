"""The examples run as they stand, on little real data."""

from dataclasses import replace

import pytest

from examples import sim_to_real, solar_cells, spoken_languages, text_tweets
from headstart.core.alignment import SOURCE_ONLY
from tests.report.sample import solar
from tests.report.test__across import across

pytestmark = pytest.mark.real


@pytest.fixture(autouse=True)
def _little_threads():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("example", "classes"),
    [
        (solar_cells, ("defective", "functional")),
        (text_tweets, ("negative", "neutral", "positive")),
        (spoken_languages, ("English", "French", "Italian", "Russian", "Spanish")),
        (sim_to_real, tuple("0123456789")),
    ],
    ids=["solar_cells", "text_tweets", "spoken_languages", "sim_to_real"],
)
def test_an_example_writes_a_run_and_predicts(example, classes, tmp_path, capsys):
    results = example.main(["--small", "--out", str(tmp_path / "run")])
    assert results.data.classes == classes
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "report.html",
        "results.json",
        "run.json",
        "recipe.toml",
        "model",
    }
    last = capsys.readouterr().out.splitlines()[-1]
    assert any(f": {name} (" in last for name in classes)


def test_what_became_of_the_gap_is_told():
    plain = solar()
    score = replace(plain.scores[plain.primary], value=0.8)
    found = replace(plain, scores={**plain.scores, plain.primary: score}, across=across(gain=(0.05, 0.01, 0.09)))
    assert sim_to_real.told(found) == [
        "As learnt from rendered digits: 70% of the real ones are right.",
        "Adapted to real ones without labels: 80%.",
        "That is +5 points (+1 to +9): the gap got smaller.",
    ]
    assert sim_to_real.told(replace(found, across=across(gain=(0.01, -0.02, 0.04))))[2].endswith("it cannot be told.")
    assert sim_to_real.told(replace(found, across=across(gain=(-0.05, -0.09, -0.01))))[2].endswith("got wider.")
    assert sim_to_real.told(replace(found, across=across(SOURCE_ONLY, None))) == [
        "Not adapted: 80% of the real digits are right."
    ]
