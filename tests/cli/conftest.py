"""A fixture that calls the program, and models that need no source."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from headstart import api
from headstart.cli.app import main
from headstart.core.backbone import BackboneInfo
from tests.cli.standins import INFO


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSTART_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def headstart(capsys):
    def call(*words: str) -> Ended:
        code = main(words)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return call


@pytest.fixture
def infos(monkeypatch) -> tuple[BackboneInfo, BackboneInfo]:
    pair = (INFO, replace(INFO, name="packaged:words", modality="text", prior_of="sentences"))
    known = tuple((info, info is INFO) for info in pair)

    def models(modality: str | None = None):
        return tuple(each for each in known if modality in (None, each[0].modality))

    monkeypatch.setattr(api, "models", models)
    return pair
