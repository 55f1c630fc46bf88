from pathlib import Path

import platformdirs
import pytest

from headstart.core.errors import UserError
from headstart.core.home import home


def test_the_environment_names_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HEADSTART_HOME", str(tmp_path / "here"))
    assert home() == tmp_path / "here"
    assert not home().exists()


def test_a_relative_home_does_not_move_with_the_working_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEADSTART_HOME", "~/models")
    assert home() == Path.home() / "models"
    monkeypatch.setenv("HEADSTART_HOME", "models")
    assert home() == tmp_path / "models"


@pytest.mark.parametrize("value", [None, ""])
def test_without_one_it_is_the_users_cache(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is None:
        monkeypatch.delenv("HEADSTART_HOME", raising=False)
    else:
        monkeypatch.setenv("HEADSTART_HOME", value)
    assert home() == Path(platformdirs.user_cache_dir("headstart", appauthor=False))


@pytest.mark.parametrize("inside", ["", "/models"])
def test_a_file_is_no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, inside: str) -> None:
    (tmp_path / "notes").touch()
    monkeypatch.setenv("HEADSTART_HOME", f"{tmp_path}/notes{inside}")
    with pytest.raises(UserError, match=rf"HEADSTART_HOME is '.*/notes{inside}', and '.*/notes' is a file; set it to"):
        home()
