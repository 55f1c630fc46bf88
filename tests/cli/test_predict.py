from dataclasses import replace
from types import SimpleNamespace

import pytest

import headstart.bundle.predictor  # noqa: F401 - which must not be imported while what it takes from others is replaced
from headstart import api
from headstart.bundle import model
from headstart.core.errors import UnreadableItem, UserError
from tests.cli.standins import prediction
from tests.report.cards import other_site


@pytest.fixture
def predictor(monkeypatch):
    asked = []

    def predict(items, unreadable, watch):
        if watch is not None:
            watch.seen.extend(items)
        bad = [(number, item) for number, item in enumerate(items) if str(item).startswith("bad")]
        for number, item in bad:
            unreadable(UnreadableItem(item, "it holds no text", quoted=True, position=number))
        asked.extend(items)
        return [prediction(str(item)) for item in items if not str(item).startswith("bad")]

    opened = SimpleNamespace(classes=("ham", "spam"), predict=predict, reference=None)
    monkeypatch.setattr(api, "open", lambda run: opened)
    monkeypatch.setattr(model, "located", lambda run: (run, SimpleNamespace(modality="text", column="")))
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
    assert found["unreadable"] == [{"item": "bad one", "position": 1, "reason": "it holds no text"}]
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
    monkeypatch.setattr(model, "located", lambda run: (run, SimpleNamespace(modality="image", column="")))
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
    monkeypatch.setattr(model, "located", lambda run: (run, SimpleNamespace(modality="image", column="")))
    for name in ("a.jfif", "notes.md"):
        (tmp_path / name).touch()
    said = f"Left out of '{tmp_path}': 1 file without the ending of an image ('notes.md')."
    ended = headstart("predict", "run", str(tmp_path))
    assert predictor == [str(tmp_path / "a.jfif")]
    assert said in ended.err
    assert headstart("predict", "run", str(tmp_path), "--json").document["notes"] == [said]


def test_the_items_of_a_table_and_a_file_of_their_predictions(headstart, predictor, tmp_path):
    table, found = tmp_path / "new.csv", tmp_path / "found.csv"
    table.write_text("number,text\n1,one more thing\n2,bad one here\n3,a third of them\n")
    ended = headstart("predict", "run", str(table), "--out", str(found))
    assert ended.code == 0
    assert predictor == ["one more thing", "bad one here", "a third of them"]
    assert "".join(ended.out.split()) == f"2predictionsin{found}:spam2."  # long paths are wrapped
    assert found.read_text().splitlines() == [
        "item,predicted,confidence,problem,p(ham),p(spam)",
        "one more thing,spam,0.750000,,0.250000,0.750000",
        "bad one here,,,it holds no text,,",
        "a third of them,spam,0.750000,,0.250000,0.750000",
    ]


def test_where_predictions_go_is_looked_at_first(headstart, predictor, tmp_path):
    (tmp_path / "old.csv").touch()
    for out, said in (
        ("old.csv", "exists already, and nothing is overwritten: name another file, or remove it."),
        ("new.xls", "expected a file that ends in .csv."),
        ("gone/new.csv", "of --out does not exist; make it first."),
    ):
        ended = headstart("predict", "run", "a", "--out", str(tmp_path / out))
        assert ended.code == 2
        assert said in ended.err
    assert predictor == []


def test_what_classes_and_files_are_called_is_no_markup(headstart, predictor, tmp_path):
    found = tmp_path / "found[final].csv"
    ended = headstart("predict", "run", "a", "--out", str(found))
    assert f"1 prediction in {found}: spam 1." in ended.out.replace("\n", "")
    assert found.exists()


def test_rows_without_a_text_go_by_their_number(headstart, predictor, tmp_path):
    table = tmp_path / "new.csv"
    table.write_text("text,n\na text of words,1\n,2\nbad text of words,3\n")
    ended = headstart("predict", "run", str(table), "--json")
    assert [each["item"] for each in ended.document["predictions"]] == ["a text of words", "row 2"]
    assert ended.document["unreadable"] == [{"item": "bad text of words", "position": 2, "reason": "it holds no text"}]


class Watch:
    def __init__(self, card):
        self.seen, self._card = [], card

    def card(self):
        if self._card is None:
            raise UserError("There are too few.")
        return self._card


@pytest.mark.parametrize("apart", [True, False])
def test_items_of_another_domain_are_pointed_out(headstart, predictor, monkeypatch, apart):
    card = replace(other_site(), first="training items", second="new items", apart=apart)
    watch, opened = Watch(card), api.open("run")
    opened.reference, opened.watch = object(), lambda: watch
    monkeypatch.setattr(api, "open", lambda run: opened)
    ended = headstart("predict", "run", "a", "b")
    assert watch.seen == ["a", "b"]
    said = " ".join(ended.err.split())
    assert ("The new items are of another domain than the training items" in said) == apart
    assert ("What the report says of the model may not hold for them." in said) == apart
    far = [f"'{each.id}'" for each in card.farthest]
    assert (f"Least like the training items: {', '.join(far[:3])}." in said) == apart
    found = headstart("predict", "run", "a", "--json").document
    assert found["domain"]["apart"] == apart
    assert found["domain_note"] == ""


def test_where_nothing_can_be_compared_the_document_says_why(headstart, predictor, monkeypatch):
    found = headstart("predict", "run", "a", "--json").document
    assert found["domain"] is None
    assert found["domain_note"].startswith("This model keeps no items of its domain to compare new ones with")
    opened = api.open("run")
    opened.reference, opened.watch = object(), lambda: Watch(None)
    monkeypatch.setattr(api, "open", lambda run: opened)
    ended = headstart("predict", "run", "a")
    assert "too few" not in ended.err
    assert headstart("predict", "run", "a", "--json").document["domain_note"] == "There are too few."
