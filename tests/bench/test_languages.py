from __future__ import annotations

import csv
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from bench import _languages, languages


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive with 30 emoji in two languages, and what is no emoji."""
    path = tmp_path / "package.tgz"

    def listed(language: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = [
            {"hexcode": f"{0x1F300 + n:X}", "label": f"{language} {n}", "group": n % 2, "tags": [f"tag{n}", language]}
            for n in range(30)
        ]
        return [*found, {"hexcode": "1F3FB", "label": "skin", "group": 2}, {"hexcode": "1F1EB", "label": "letter"}]

    files = {f"{language}/data.json": listed(language) for language in ("en", "de")}
    groups = {"groups": {"0": "smileys", "1": "people", "2": "component"}}
    with tarfile.open(path, "w:gz") as archive:
        for name, value in {**files, "meta/groups.json": groups}.items():
            content = json.dumps(value).encode()
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    monkeypatch.setattr(_languages, "packed", lambda *_: path)


def test_no_item_is_a_translation_of_another(package: None, tmp_path: Path):
    rows = {}
    for language, part in (("en", "train"), ("de", "test")):
        _languages.write(tmp_path / f"{language}.csv", language=language, part=part, items=12, seed=3)
        with (tmp_path / f"{language}.csv").open(encoding="utf-8", newline="") as file:
            rows[language] = list(csv.DictReader(file))
    numbers = [{row["text"].split()[1].rstrip(":") for row in each} for each in rows.values()]
    assert [len(each) for each in numbers] == [12, 12]
    assert not numbers[0] & numbers[1]
    assert all(row["text"].startswith("de ") for row in rows["de"])
    assert {row["label"] for row in rows["en"]} == {"smileys", "people"}


def test_emoji_are_described_by_name_and_keywords():
    assert _languages.described({"label": "cat", "tags": ["pet", "animal"]}) == "cat: pet, animal"
    assert _languages.described({"label": "cat"}) == "cat"


def test_every_language_is_reached_from_english():
    assert [shift.name for shift in languages.SHIFTS][:2] == ["English > German", "English > French"]
    assert {shift.modality for shift in languages.SHIFTS} == {"text"}
