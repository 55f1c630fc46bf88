from pathlib import Path

import pandas as pd
import pytest

from headstart.core.data_kind import Roles
from headstart.core.dataset import IN_MEMORY
from headstart.core.errors import UserError
from headstart.data._sources import KINDS, inherited, kind_of, neighbour


def test_every_kind_is_found(tmp_path: Path):
    (tmp_path / "t.csv").touch()
    assert type(kind_of(str(tmp_path))).__name__ == "Folder"
    assert type(kind_of(tmp_path / "t.csv")).__name__ == "Table"
    assert type(kind_of(pd.DataFrame())).__name__ == "DataFrame"
    assert KINDS.names() == ("dataframe", "folder", "huggingface", "table")


def test_columns_are_inherited_by_what_has_columns(tmp_path: Path):
    roles, named = {"input": "text", "label": "kind", "group": "patient"}, {"group": "patient"}
    frame = kind_of(pd.DataFrame())
    assert inherited(frame, roles, named) == Roles(input="text", label="kind", group="patient", required=False)
    assert inherited(frame, roles, {}) == Roles(input="text", label="kind", required=False)
    assert inherited(kind_of(tmp_path), roles, named) == Roles()


def test_what_a_recipe_cannot_lead_to_is_refused():
    with pytest.raises(UserError, match=r"were given as an object, and no path leads to them: name a copy of them on"):
        kind_of(IN_MEMORY)


def test_a_missing_path_offers_its_neighbour(tmp_path: Path):
    (tmp_path / "photos").mkdir()
    with pytest.raises(UserError) as caught:
        kind_of(tmp_path / "photso")
    assert str(caught.value) == f"'{tmp_path}/photso' does not exist. Did you mean '{tmp_path}/photos'?"
    with pytest.raises(UserError, match=f"Did you mean '{tmp_path}/photos'"):
        kind_of(tmp_path / "fotos" / "cats" / "a.csv")
    with pytest.raises(UserError, match=f"'{tmp_path}' has no similar name"):
        kind_of(tmp_path / "zebra")


def test_a_folder_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(UserError, match=r"The folder that this was started in is gone; change to one that is there\."):
        kind_of("photos")


def test_a_name_on_the_hub_is_recognised():
    with pytest.raises(
        UserError, match=r"'stanfordnlp/imdb' does not exist\. For a data set on the Hugging Face hub, call"
    ):
        kind_of("stanfordnlp/imdb")


def test_a_folder_that_may_not_be_listed_or_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", refuse)
        with pytest.raises(UserError, match="may not be listed"):
            kind_of(tmp_path / "none")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", refuse)
        with pytest.raises(UserError, match="Permission to read 'photos' is missing; grant it or give another path"):
            kind_of("photos")


def test_a_path_that_cannot_be_opened(tmp_path: Path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(UserError, match="loop' cannot be opened: "):
        kind_of(tmp_path / "loop")
    with pytest.raises(UserError, match="cannot be opened: embedded null"):
        kind_of("a\0b")


def test_other_files_and_things_are_refused(tmp_path: Path):
    (tmp_path / "a.xlsx").touch()
    (tmp_path / "a.zip").touch()
    with pytest.raises(UserError, match=r"a\.xlsx' is a file that cannot be read as labelled data; expected a folder"):
        kind_of(tmp_path / "a.xlsx")
    with pytest.raises(UserError, match="Unpack it first"):
        kind_of(tmp_path / "a.zip")
    with pytest.raises(UserError, match="The data are a list; expected a folder of class folders, a CSV"):
        kind_of([{"text": "a"}])


def test_an_empty_path_is_not_the_working_folder():
    with pytest.raises(UserError, match=r"The path of the data is empty; expected a folder of class folders, a CSV"):
        kind_of("")


def test_a_neighbour_is_named_with_its_folder(tmp_path):
    for name in (".a.png", "a.png", "b.txt"):
        (tmp_path / name).touch()
    assert neighbour(tmp_path / "a.pgn", tmp_path) == f"Did you mean '{tmp_path}/a.png'?"
    assert neighbour(tmp_path / "zebra", tmp_path) == ""


def test_a_domain_that_was_named_may_be_missing(tmp_path: Path):
    found = inherited(kind_of(pd.DataFrame()), {"input": "text", "domain": "shop"}, {"domain": "shop"})
    assert (found.domain, found.required) == ("shop", False)
