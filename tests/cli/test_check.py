import pytest

from headstart import api
from headstart.core.dataset import Issue
from tests.cli.standins import dataset

WARNING = Issue(code="tiny_class", severity="warning", message="spam has 2 items.", items=("row 3", "row 4"), count=2)
ERROR = Issue(code="one_class", severity="error", message="Only one class is left.", count=0)


@pytest.fixture
def loading(monkeypatch):
    asked = {}

    def give(*issues, test=2):
        def load(source, **options):
            asked.update(options, source=source)
            return dataset(*issues, test=test)

        monkeypatch.setattr(api, "load", load)
        return asked

    return give


def test_options_reach_the_loader(headstart, loading):
    asked = loading()
    words = ("--test", "t", "--input", "i", "--label", "l", "--group", "g", "--seed", "3")
    assert headstart("check", "d", *words).code == 0
    asked.pop("progress")
    assert asked == {"source": "d", "test": "t", "input": "i", "label": "l", "group": "g", "seed": 3}


def test_a_person_sees_counts_columns_and_a_conclusion(headstart, loading):
    loading()
    ended = headstart("check", "d")
    assert ended.code == 0
    assert "6 texts in 2 classes, 4 to learn from and 2 to test on (given by you)." in ended.out
    assert "input = text, label = kind" in ended.out
    ham, spam = (line.split() for line in ended.out.splitlines() if line.startswith(("ham", "spam")))
    assert ham[:3] == ["ham", "3", "1"]
    assert spam[:3] == ["spam", "1", "1"]
    assert len(ham[3]) == 3 * len(spam[3])
    assert "Usable; no problems were found." in ended.out
    assert "'headstart adapt' also lists suspicious labels" in ended.out


def test_reservations_are_shown_by_severity(headstart, loading):
    loading(WARNING)
    ended = headstart("check", "d")
    assert ended.code == 0
    assert "warning spam has 2 items." in ended.out
    assert "row 3, row 4" in ended.out
    assert "Usable, with the warnings above." in ended.out


def test_long_lists_are_cut_for_people_only(headstart, loading):
    many = Issue(code="x", severity="note", message="m", items=tuple(f"row {n}" for n in range(8)), count=8)
    loading(many)
    assert "row 4 and 3 more (--json lists all)" in headstart("check", "d").out
    assert len(headstart("check", "d", "--json").document["issues"][0]["items"]) == 8


def test_without_a_test_split_that_is_said(headstart, loading):
    loading(test=0)
    assert "6 to learn from and no test split (scores will be cross-validated)" in headstart("check", "d").out


@pytest.mark.parametrize("extra", [(), ("--json",)])
def test_data_that_cannot_be_learnt_from_end_with_exit_code_2(headstart, loading, extra):
    loading(WARNING, ERROR)
    ended = headstart("check", "d", *extra)
    assert ended.code == 2
    if extra:
        assert ended.document["fit"] is False
    else:
        assert ended.out.index("Only one class is left.") < ended.out.index("spam has 2 items.")
        assert "cannot be used until the errors above are fixed" in ended.out


def test_the_document(headstart, loading):
    loading(WARNING)
    found = headstart("check", "d", "--json").document
    assert found["classes"] == {"ham": {"train": 3, "test": 1}, "spam": {"train": 1, "test": 1}}
    assert found["split"] == {"origin": "given", "train": 4, "test": 2}
    assert found["issues"][0]["code"] == "tiny_class"
    assert found["fit"] is True
