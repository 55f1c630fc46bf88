from pathlib import Path
from types import SimpleNamespace

import pytest

from headstart import api
from headstart.core.dataset import Issue
from headstart.demo import solar_cells
from tests.cli.standins import dataset
from tests.report.sample import solar


@pytest.fixture
def prepared(monkeypatch, tmp_path):
    asked = {}

    def prepare(**options):
        asked.update(prepare=options)
        return tmp_path / "solar_cells"

    def adapt(data, **options):
        asked.update(adapt=options)
        return SimpleNamespace(results=solar())

    monkeypatch.setattr(solar_cells, "prepare", prepare)
    monkeypatch.setattr(api, "load", lambda source, **options: dataset())
    monkeypatch.setattr(api, "adapt", adapt)
    return asked


def test_the_licence_stands_before_everything_else(headstart, prepared):
    ended = headstart("demo")
    assert ended.code == 0
    assert "CC-BY-NC-SA-4.0: for non-commercial use only" in ended.err
    assert "elpv-dataset==1.0.0.post1" in ended.err


def test_the_demo_checks_the_data_and_then_sums_up(headstart, prepared):
    ended = headstart("demo", "--budget", "quick", "--seed", "2", "--train", "40", "--test-size", "80")
    assert ended.out.index("Usable") < ended.out.index("runs/solar_cells-quick/report.html")
    assert {key: prepared["prepare"][key] for key in ("train", "test", "seed")} == {"train": 40, "test": 80, "seed": 2}
    assert (prepared["adapt"]["recipe"].budget, prepared["adapt"]["recipe"].seed) == ("quick", 2)


@pytest.mark.parametrize(
    ("words", "folder"),
    [((), "runs/solar_cells"), (("--budget", "5m"), "runs/solar_cells-5m"), (("--out", "new/run"), "new/run")],
)
def test_every_budget_has_a_folder_of_its_own(headstart, prepared, words, folder):
    assert headstart("demo", *words).code == 0
    assert prepared["adapt"]["out"] == Path(folder)


def test_the_document_is_results_json(headstart, prepared):
    assert headstart("demo", "--json").document["schema"] == 1


def test_a_wrong_budget_is_told_before_anything_is_fetched(headstart, prepared):
    ended = headstart("demo", "--budget", "soon")
    assert ended.code == 2
    assert "Budget 'soon'" in ended.err
    assert prepared == {}


def test_data_that_cannot_be_learnt_from_end_the_demo(headstart, prepared, monkeypatch):
    issue = Issue(code="one_class", severity="error", message="Only one class is left.")
    monkeypatch.setattr(api, "load", lambda source, **options: dataset(issue))
    assert headstart("demo").code == 2
    assert "adapt" not in prepared
