"""The examples run as they stand, on little real data."""

import pytest

from examples import solar_cells, spoken_languages, text_tweets

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
    ],
    ids=["solar_cells", "text_tweets", "spoken_languages"],
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
