from dataclasses import replace

from headstart import api
from headstart.cli.models import NAME_WIDTH
from headstart.pool import known
from tests.cli.standins import INFO


def test_people_see_a_table_per_kind_of_data(headstart, infos):
    ended = headstart("models")
    assert ended.code == 0
    assert "For images (accuracy: ImageNet-1k top-1)" in ended.out
    assert "For texts (accuracy: sentences)" in ended.out
    tiny, words = (line for line in ended.out.splitlines() if "packaged:" in line)
    assert "✓" in tiny
    assert "✓" not in words
    assert "1.5 M" in tiny
    assert "MIT" in tiny


def test_long_names_go_on_behind_a_colon_or_a_slash(headstart, monkeypatch):
    long = "transformers:sentence-transformers/all-MiniLM-L12-v2-of-a-long-name"
    monkeypatch.setattr(api, "models", lambda modality: ((replace(INFO, name=long), False),))
    lines = [line[: NAME_WIDTH + 3].strip() for line in headstart("models").out.splitlines()]
    assert [line.split()[0] for line in lines[-2:]] == [
        "transformers:sentence-transformers/",
        "all-MiniLM-L12-v2-of-a-long-name",
    ]


def test_one_kind_only(headstart, infos):
    ended = headstart("models", "--modality", "text")
    assert "packaged:words" in ended.out
    assert "packaged:tiny" not in ended.out


def test_no_models_is_said(headstart, monkeypatch):
    monkeypatch.setattr(api, "models", lambda modality: ())
    assert "No models are known" in headstart("models").out


def test_the_document(headstart, infos):
    found = headstart("models", "--json").document
    assert [(each["name"], each["in_store"]) for each in found] == [("packaged:tiny", True), ("packaged:words", False)]
    assert found[0]["input"] == {"size": 32}


def test_pulling_checks_all_names_first(headstart, monkeypatch):
    pulled = []
    monkeypatch.setattr(api, "pull", lambda name, progress: pulled.append(name) or INFO)
    ended = headstart("models", "pull", "packaged:efficientnet_lite0", "packaged:nonsense")
    assert ended.code == 2
    assert "nonsense" in ended.err
    assert pulled == []


def test_a_pool_is_pulled_whole(headstart, monkeypatch):
    pulled = []
    monkeypatch.setattr(api, "pull", lambda name, progress: pulled.append(name) or INFO)
    assert headstart("models", "pull", "packaged:efficientnet_lite0", "curated").code == 0
    assert pulled[0] == "packaged:efficientnet_lite0"
    assert sorted(pulled) == sorted(member.info.name for member in known() if member.info.prior)


def test_pulling(headstart, monkeypatch):
    pulled = []
    monkeypatch.setattr(api, "pull", lambda name, progress: pulled.append(name) or INFO)
    ended = headstart("models", "pull", "packaged:efficientnet_lite0", "packaged:efficientnet_lite0")
    assert ended.code == 0
    assert pulled == ["packaged:efficientnet_lite0"]
    assert ended.out == "packaged:tiny is in the store (2 MB, licence MIT).\n"
    assert headstart("models", "pull", "packaged:efficientnet_lite0", "--json").document[0]["name"] == "packaged:tiny"


def test_options_in_front_of_pull_are_honoured_or_refused(headstart, monkeypatch):
    monkeypatch.setattr(api, "pull", lambda name, progress: INFO)
    ended = headstart("models", "--json", "pull", "packaged:efficientnet_lite0")
    assert ended.document[0]["name"] == "packaged:tiny"
    ended = headstart("models", "--modality", "text", "pull", "packaged:efficientnet_lite0")
    assert (ended.code, ended.out) == (2, "")
    assert "--modality text chooses what is listed; 'pull' takes names: leave it out." in ended.err
