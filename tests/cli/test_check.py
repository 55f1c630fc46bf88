from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from headstart import api
from headstart.core.dataset import Issue
from headstart.core.domain_card import BlockFromPretraining, DomainComparison, FromPretraining, FromVocabulary
from headstart.core.errors import UserError
from tests.cli.standins import dataset
from tests.report.cards import other_site, same

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
    words = ("--test", "t", "--input", "i", "--label", "l", "--group", "g", "--domain", "v", "--seed", "3")
    assert headstart("check", "d", *words).code == 0
    asked.pop("progress")
    assert asked == {"source": "d", "test": "t", "input": "i", "label": "l", "group": "g", "domain": "v", "seed": 3}


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


class Items(SimpleNamespace):
    """A target of seven items."""

    def __len__(self) -> int:
        return 7


@pytest.fixture
def comparing(loading, monkeypatch):
    def give(*issues, cards=(), notes=(), target=(), known=None, words=None):
        asked = loading(*issues)
        items = Items(name="new", issues=target)
        monkeypatch.setattr(api, "load_unlabelled", lambda source, **options: asked.update(target=source) or items)

        def compare(data, target, **options):
            asked.update(model=options["model"], compared=target is items)
            return DomainComparison(model="packaged:m", pretraining=known, vocabulary=words, cards=cards, notes=notes)

        monkeypatch.setattr(api, "compare_domains", compare)
        return asked

    return give


def test_how_far_the_pretraining_is_comes_first(headstart, comparing):
    known = FromPretraining(
        items=64, distance=0.12, low=0.11, high=0.13, blocks=(BlockFromPretraining(block="stem", distance=0.2),)
    )
    words = FromVocabulary(items=9, pieces=1.42, low=1.39, high=1.46, unknown=0.0)
    comparing(cards=(same(),), known=known, words=words)
    said = " ".join(headstart("check", "d", "--target", "new").out.split())
    assert "How far are the training items from the model's pretraining?" in said
    assert "Its vocabulary cuts their words into 1.42 pieces each" in said
    assert "0.12 (0.11 to 0.13), where 0 is the same" in said
    assert said.index("model's pretraining?") < said.index("of the same domain")


def test_another_domain_is_shown_with_distances_and_items(headstart, comparing):
    asked = comparing(cards=(other_site(), same()), notes=("Nothing was compared: too few.",))
    ended = headstart("check", "d", "--target", "new", "--model", "packaged:minilm_l6")
    said = " ".join(ended.out.split())
    assert ended.code == 0
    assert (asked["target"], asked["model"], asked["compared"]) == ("new", "packaged:minilm_l6", True)
    assert "No: a classifier tells test items from training items in 98% of cases" in said
    assert "Separability 1.92 0.0800, up to 0.210 .005" in said
    assert "Least like the training items: poly/far0.png, poly/far1.png, poly/far2.png." in said
    assert said.count("Least like") == 1
    assert "They cannot be told apart" in said
    assert "Nothing was compared: too few." in said
    assert "As packaged:m sees them, pretrained." in said


def test_the_document_has_the_cards(headstart, comparing):
    comparing(cards=(other_site(),))
    found = headstart("check", "d", "--target", "new", "--json").document["domains"]
    assert found["model"] == "packaged:m"
    assert found["cards"][0]["separability"]["value"] == 1.92
    whole = headstart("check", "d", "--target", "new", "--json").document
    assert whole["target"] == {"name": "new", "items": 7, "issues": []}
    assert whole["fit"] is True
    plain = headstart("check", "d", "--json").document
    assert (plain["domains"], plain["target"]) == (None, None)


def test_the_audit_is_there_though_the_target_cannot_be_read(headstart, comparing, monkeypatch):
    comparing()
    monkeypatch.setattr(api, "load_unlabelled", lambda source, **options: (_ for _ in ()).throw(UserError("No such.")))
    ended = headstart("check", "d", "--target", "new")
    assert ended.code == 2
    assert "6 texts in 2 classes" in ended.out
    assert "No such." in ended.err
    ended = headstart("check", "d", "--target", "new", "--json")
    assert ended.code == 2
    assert ended.document["error"]["problems"] == ["No such."]


def test_what_is_wrong_with_the_target_is_listed(headstart, comparing):
    comparing(target=(replace(WARNING, message="One item of the target is empty."),))
    assert "One item of the target is empty." in headstart("check", "d", "--target", "new").out


def test_a_model_that_is_not_known_is_refused_before_the_data_are_read(headstart, loading):
    asked = loading()
    ended = headstart("check", "d", "--target", "new", "--model", "nosuch")
    assert ended.code == 2
    assert "Unknown model 'nosuch'." in ended.err
    assert asked == {}


def test_data_that_cannot_be_used_are_not_compared(headstart, comparing):
    asked = comparing(ERROR)
    ended = headstart("check", "d", "--target", "new")
    assert ended.code == 2
    assert "The target was not looked at: the data have to be fixed first." in ended.err
    assert "target" not in asked


def test_a_model_is_for_a_target(headstart, loading):
    asked = loading()
    ended = headstart("check", "d", "--model", "m")
    assert ended.code == 2
    assert "--model names what --target is looked at with, and there is no target; leave it out." in ended.err
    assert asked == {}


def test_items_by_domain_are_counted(headstart, monkeypatch):
    domains = np.array([1, 0, 1, 1, 0, -1])
    named = replace(dataset(), domains=domains, domain_names=("north", "south"))
    monkeypatch.setattr(api, "load", lambda source, **options: named)
    assert "Items by domain: north 1 to learn from and 1 to test on, south 3." in headstart("check", "d").out
    found = headstart("check", "d", "--json").document["domain_counts"]
    assert found == {"north": {"train": 1, "test": 1}, "south": {"train": 3, "test": 0}}
    many = replace(named, domains=np.arange(6), domain_names=tuple("abcdef"))
    monkeypatch.setattr(api, "load", lambda source, **options: many)
    assert "e 1 to test on, f 1 to test on." in headstart("check", "d").out
    monkeypatch.setattr("headstart.report._wording.SHOWN_DOMAINS", 2)
    assert "Items by domain: a 1, b 1 and 4 more." in headstart("check", "d").out


def test_data_of_one_domain_count_none(headstart, loading):
    loading()
    assert "domain" not in headstart("check", "d").out
    assert headstart("check", "d", "--json").document["domain_counts"] == {}


def test_how_domains_are_scored_is_said(headstart, monkeypatch):
    named = replace(dataset(test=0), domains=np.array([1, 0, 1, 1, 0, 0]), domain_names=("north", "south"))
    monkeypatch.setattr(api, "load", lambda source, **options: named)
    said = " ".join(headstart("check", "d").out.split())
    assert "cross-validated, each domain by models that have not learnt from it)" in said
    made = replace(dataset(), domains=np.array([0, 0, 0, 0, 1, 1]), domain_names=("north", "south"))
    made = replace(made, split=replace(made.split, origin="made"))
    monkeypatch.setattr(api, "load", lambda source, **options: made)
    assert "(set apart here as whole domains)" in " ".join(headstart("check", "d").out.split())
