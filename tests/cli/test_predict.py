from types import SimpleNamespace

import pytest

import headstart.bundle.predictor  # noqa: F401 - which must not be imported while what it takes from others is replaced
from headstart import api
from headstart.bundle import model
from headstart.core.errors import UnreadableItem
from tests.cli.standins import prediction


@pytest.fixture
def predictor(monkeypatch):
    asked = []

    def predict(items, unreadable):
        bad = [item for item in items if str(item).startswith("bad")]
        for item in bad:
            unreadable(UnreadableItem(item, "it holds no text", quoted=True))
        asked.extend(items)
        return [prediction(str(item)) for item in items if item not in bad]

    opened = SimpleNamespace(classes=("ham", "spam"), predict=predict)
    monkeypatch.setattr(api, "open", lambda run: opened)
    monkeypatch.setattr(model, "located", lambda run: (run, SimpleNamespace(modality="text")))
    return asked


def test_people_see_the_class_the_confidence_and_the_runner_up(headstart, predictor):
    ended = headstart("predict", "run", "buy [now]")
    assert ended.code == 0
    assert predictor == ["buy [now]"]
    line = ended.out.splitlines()[1]
    assert line.startswith("buy [now]")
    assert "spam" in line
    assert "75.0%" in line
    assert "ham 25.0%" in line


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_long_items_leave_room_for_the_answer(headstart, predictor, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    line = headstart("predict", "run", "word " * 60 + "end").out.splitlines()[1]
    assert len(line) <= int(columns)
    assert line.startswith("word word")
    assert line.split()[-4:-2] == ["75.0%", "████████"]
    assert "spam" in line
    assert line.rstrip().endswith("ham 25.0%")


def test_the_document_has_every_probability(headstart, predictor):
    found = headstart("predict", "run", "a", "b", "--json").document
    assert found["classes"] == ["ham", "spam"]
    assert [each["item"] for each in found["predictions"]] == ["a", "b"]
    assert found["predictions"][0]["probabilities"] == {"ham": 0.25, "spam": 0.75}


def test_unreadable_items_are_named_beside_the_predictions(headstart, predictor):
    ended = headstart("predict", "run", "a", "bad one", "b")
    assert ended.code == 0
    assert [line.split()[0] for line in ended.out.splitlines()] == ["Item", "a", "b"]
    assert "Left out: 'bad one' cannot be read: it holds no text." in ended.err
    found = headstart("predict", "run", "a", "bad one", "--json").document
    assert found["unreadable"] == [{"item": "bad one", "reason": "it holds no text"}]
    assert [each["item"] for each in found["predictions"]] == ["a"]


def test_a_text_file_is_one_item_and_its_lines_are_where_asked_for(headstart, predictor, tmp_path):
    (tmp_path / "new.txt").write_text("first line\nsecond line\n")
    found = headstart("predict", "run", str(tmp_path), "--json").document
    assert [each["item"] for each in found["predictions"]] == [str(tmp_path / "new.txt")]
    found = headstart("predict", "run", str(tmp_path / "new.txt"), "--lines", "--json").document
    assert [each["item"] for each in found["predictions"]] == ["first line", "second line"]


def test_where_nothing_can_be_read_that_is_an_error(headstart, predictor):
    ended = headstart("predict", "run", "bad one", "bad two")
    assert ended.code == 2
    assert "'bad one' cannot be read: it holds no text." in ended.err
    assert "'bad two' cannot be read: it holds no text." in ended.err
    assert not ended.out


def test_wrong_items_are_named_before_the_model_is_read(headstart, tmp_path, monkeypatch):
    monkeypatch.setattr(model, "located", lambda run: (run, SimpleNamespace(modality="image")))
    monkeypatch.setattr(api, "open", lambda run: pytest.fail("the model was read"))
    ended = headstart("predict", "run", str(tmp_path / "one.jpg"), str(tmp_path / "two.jpg"))
    assert ended.code == 2
    assert "one.jpg" in ended.err
    assert "two.jpg" in ended.err


def test_a_run_that_is_not_there_is_a_users_mistake(headstart, tmp_path):
    ended = headstart("predict", str(tmp_path / "gone"), "a")
    assert ended.code == 2
    assert f"There is no folder '{tmp_path / 'gone'}'." in ended.err


def test_what_a_folder_holds_besides_pictures_is_named(headstart, predictor, tmp_path, monkeypatch):
    monkeypatch.setattr(model, "located", lambda run: (run, SimpleNamespace(modality="image")))
    for name in ("a.jfif", "notes.md"):
        (tmp_path / name).touch()
    said = f"Left out of '{tmp_path}': 1 file without the ending of an image ('notes.md')."
    ended = headstart("predict", "run", str(tmp_path))
    assert predictor == [str(tmp_path / "a.jfif")]
    assert said in ended.err
    assert headstart("predict", "run", str(tmp_path), "--json").document["notes"] == [said]
