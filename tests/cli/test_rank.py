from dataclasses import replace

import numpy as np
import pytest

from headstart import api
from tests.cli.standins import dataset, ranking_row


@pytest.fixture
def ranking(monkeypatch):
    asked = {}

    def rank(data, **options):
        asked.update(options)
        rows = (ranking_row("packaged:a", 0.8), ranking_row("packaged:b", None, "no time was left"))
        return api.Ranking(rows=rows, primary="balanced_accuracy")

    monkeypatch.setattr(api, "load", lambda source, **options: dataset())
    monkeypatch.setattr(api, "rank", rank)
    return asked


def test_people_see_the_interval_and_what_was_left_out(headstart, ranking):
    ended = headstart("rank", "d")
    assert ended.code == 0
    assert "Ranked by balanced accuracy" in ended.out
    assert "80.0% (75.0 to 85.0)" in ended.out
    assert "packaged:b was left out: no time was left" in ended.out


@pytest.mark.parametrize(("columns", "shown"), [("80", False), ("120", True)])
def test_a_wide_terminal_also_shows_licences(headstart, ranking, monkeypatch, columns, shown):
    monkeypatch.setenv("COLUMNS", columns)
    assert ("Apache-2.0" in headstart("rank", "d").out) is shown


def test_a_licence_reaches_the_ranking(headstart, ranking):
    assert headstart("rank", "d").code == 0
    assert ranking["licence"] == "any"
    assert headstart("rank", "d", "--licence", "permissive").code == 0
    assert ranking["licence"] == "permissive"
    assert headstart("rank", "d", "--licence", "free").code == 2


def test_the_document_has_every_row_and_no_nan(headstart, ranking):
    found = headstart("rank", "d", "--json").document
    assert found["primary"] == "balanced_accuracy"
    assert [row["model"] for row in found["rows"]] == ["packaged:a", "packaged:b"]
    assert found["rows"][0]["scores"] == {"logme": None}


def test_unknown_names_are_told_together_before_data_are_read(headstart, monkeypatch):
    monkeypatch.setattr(api, "load", lambda *args, **options: pytest.fail("the data were read"))
    ended = headstart("rank", "d", "--pool", "packaged:efficientnet_lite9,nonsense", "--budget", "soon")
    assert ended.code == 2
    assert ended.err.count("Error: ") == 3
    assert "efficientnet_lite9" in ended.err
    assert "Budget 'soon'" in ended.err


def test_scores_across_domains_are_said_to_be(headstart, ranking, monkeypatch):
    assert headstart("rank", "d", "--json").document["across_domains"] is False
    named = replace(dataset(), domains=np.arange(6) % 2, domain_names=("north", "south"))
    monkeypatch.setattr(api, "load", lambda source, **options: named)
    assert "Ranked by balanced accuracy on domains not learnt from" in headstart("rank", "d").out
    assert headstart("rank", "d", "--json").document["across_domains"] is True
