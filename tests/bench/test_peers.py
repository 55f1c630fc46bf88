import sys

import pytest

from bench import peers
from bench._outcomes import Record, read, write

RECORD = Record(train=400, test=800, commit="c", environments={}, outcomes=())


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Runs ``peers`` for sets whose contestants all fail, in ``tmp_path / "new/out"``."""

    def fail(*_, **__):
        raise peers.Failed("no such thing")

    monkeypatch.setattr(peers, "contest", fail)
    monkeypatch.setattr(peers, "fetched", lambda modality: tmp_path)
    monkeypatch.setattr(peers, "versions", lambda name, python: "torch 9")
    monkeypatch.setattr(peers, "_machine", lambda: ("a machine", "c"))
    monkeypatch.setattr(peers, "SETS", {"tweets": peers.SETS["tweets"]})
    monkeypatch.setattr(type(peers.SETS["tweets"]), "prepare", lambda *_, **__: None, raising=False)

    def run(*words: str) -> int:
        common = ["--sets", "tweets", "--only", "quick", "--seeds", "0", "--out", str(tmp_path / "new/out")]
        monkeypatch.setattr(sys, "argv", ["peers", *common, *words])
        return peers.main()

    return run


def test_results_go_to_a_folder_that_need_not_be_there(asked, tmp_path, capsys):
    assert asked() == 1
    assert (tmp_path / "new/out/peers.md").is_file()
    assert "quick on tweets, seed 0 failed" in capsys.readouterr().err


def test_results_that_are_there_are_not_replaced_unasked(asked, tmp_path):
    path = tmp_path / "new/out/peers.json"
    write(path, RECORD)
    with pytest.raises(SystemExit, match=r"peers\.json holds results already: go on with --resume, or replace them"):
        asked()
    assert read(path) == RECORD
    assert [asked("--resume"), asked("--anew")] == [1, 1]
    with pytest.raises(SystemExit):
        asked("--resume", "--anew")


def test_the_order_of_contestants_follows_from_the_seed_alone():
    names = ["quick", "fastai", "plain"]
    orders = {seed: order for _, seed, order in peers._draws(["cells"], [0, 1, 2], names)}
    assert [orders[0], orders[1][0], orders[2][0]] == [names, "fastai", "plain"]
    assert list(peers._draws(["cells"], [2], names)) == [("cells", 2, orders[2])]
    # fastai takes part on pictures only.
    assert list(peers._draws(["tweets"], [0], names)) == [("tweets", 0, ["quick", "plain"])]
