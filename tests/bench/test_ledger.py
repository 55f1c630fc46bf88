from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench._ledger import RESULTS, Ledger


@dataclass(frozen=True, kw_only=True)
class Outcome:
    set: str
    seed: int
    score: float


def asked(folder: Path, *arguments: str) -> Namespace:
    parser = ArgumentParser()
    Ledger.add_arguments(parser)
    return parser.parse_args(["--out", str(folder), *arguments])


def outcome(name: str, seed: int) -> Outcome:
    return Outcome(set=name, seed=seed, score=0.5)


def test_what_was_kept_is_gone_on_with(tmp_path: Path):
    first = Ledger(Outcome, "speed", asked(tmp_path / "new"))
    first.add([outcome("cells", 0), outcome("cells", 1)])
    again = Ledger(Outcome, "speed", asked(tmp_path / "new", "--resume"))
    again.add([outcome("tweets", 0)])
    assert list(Ledger(Outcome, "speed", asked(tmp_path / "new", "--resume"))) == [
        outcome("cells", 0),
        outcome("cells", 1),
        outcome("tweets", 0),
    ]
    assert again.where(set="cells", seed=1) == [outcome("cells", 1)]
    assert again.where(set="tweets", seed=1) == []
    assert sorted(each.name for each in (tmp_path / "new").iterdir()) == ["speed.json"]


def test_results_are_neither_written_over_nor_added_to_unasked(tmp_path: Path):
    Ledger(Outcome, "speed", asked(tmp_path)).add([outcome("cells", 0)])
    with pytest.raises(SystemExit, match="holds results already: go on with --resume, or replace them with --anew"):
        Ledger(Outcome, "speed", asked(tmp_path))
    assert list(Ledger(Outcome, "speed", asked(tmp_path, "--anew"))) == []
    with pytest.raises(SystemExit):
        asked(tmp_path, "--anew", "--resume")


def test_tables_lie_beside_the_outcomes(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    Ledger(Outcome, "speed", asked(tmp_path)).publish("# Speed\n")
    assert (tmp_path / "speed.md").read_text() == "# Speed\n"
    assert "# Speed" in capsys.readouterr().out

    assert RESULTS.is_dir()
