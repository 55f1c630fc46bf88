import webbrowser

import pytest

from headstart.report.json import write_results
from tests.report.sample import solar


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    write_results(solar(), folder)
    return folder


def test_the_summary_of_a_run(headstart, run):
    ended = headstart("report", str(run))
    assert ended.code == 0
    assert solar().strategy in ended.out
    assert "report.html" in "".join(ended.out.split())


def test_the_document_is_what_the_run_folder_holds(headstart, run):
    import json

    assert headstart("report", str(run), "--json").document == json.loads((run / "results.json").read_text())


def test_open_shows_the_page(headstart, run, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: not opened.append(address))
    (run / "report.html").write_text("<html>")
    assert headstart("report", str(run), "--open").code == 0
    assert opened == [(run / "report.html").as_uri()]


def test_a_page_that_cannot_be_opened_is_told(headstart, run, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    ended = headstart("report", str(run), "--open")
    assert ended.code == 1
    assert "could not be opened in a browser" in ended.err
    assert solar().strategy in ended.out
    assert list(headstart("report", str(run), "--open", "--json").document) == ["error"]


def test_a_folder_without_results_is_a_users_mistake(headstart, tmp_path):
    ended = headstart("report", str(tmp_path))
    assert ended.code == 2
    assert "holds no results.json" in ended.err
