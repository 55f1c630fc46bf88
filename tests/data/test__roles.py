import pytest

from headstart.data import _roles


def test_names_are_found_in_any_case_the_surest_first():
    assert _roles.by_name(["Text", " Class ", "LABEL"], _roles.LABEL_NAMES) == "LABEL"
    assert _roles.by_name(["Text", " Class "], _roles.LABEL_NAMES) == " Class "
    assert _roles.by_name(["Text"], _roles.LABEL_NAMES) is None


def test_a_sample_is_spread_and_skips_what_is_missing():
    values = [None, *range(5000)]
    assert len(_roles.sample(values)) <= 2 * _roles.SAMPLE
    assert _roles.sample(values)[-1] > 4900
    assert _roles.sample([None] * 1000 + ["a"]) == ["a"]
    assert _roles.sample([None, ""]) == []


def test_free_text_is_what_has_words_the_longest_first():
    values = {
        "id": ["7f3c9a90-0000-0000-0000-000000000000"] * 3,
        "title": ["A short title"] * 3,
        "body": ["A much longer text than the title is"] * 3,
        "number": [1, 2, 3],
        "colour": ["red", "blue", "red"],
        "empty": [None, None, None],
    }
    assert _roles.free_text(values) == ["body", "title"]


def test_texts_without_spaces_are_texts():
    values = {"id": ["7f3c9a90-0000-0000-0000-000000000000", "b"], "text": ["这部电影真的很好看", "我不喜欢这个地方"]}
    assert _roles.free_text(values) == ["text"]


def test_single_words_are_texts_when_there_is_no_doubt():
    names = ["Smith", "Garcia", "Rossi", "Dubois"]
    assert _roles.only_text({"name": names, "language": ["en", "es", "en", "es"], "n": [1, 2, 3, 4]}) == ["name"]
    assert _roles.only_text({"name": names, "other": names}) == []


def test_class_like_columns_repeat_few_values():
    values = {
        "kind": ["a", "b"] * 20,
        "id": [str(number) for number in range(40)],
        "same": ["x"] * 40,
        "share": [0.5, 0.25] * 20,
        "flag": [True, False] * 20,
        "gaps": ["a", None, "b", ""] * 10,
    }
    assert _roles.class_like(values) == ["kind", "flag", "gaps"]


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        (["train", "Test", "val"], ["train", "test", "validation"]),
        (["training", "dev"], ["train", "validation"]),
        (["test", "test"], None),
        (["train", "holdout"], None),
        (["train", None], None),
        ([1, 2], None),
    ],
)
def test_splits_are_recognised_as_a_whole_or_not_at_all(values: list, parts: list | None):
    assert _roles.split_parts(values) == parts


def test_a_group_repeats_many_short_values():
    assert _roles.is_group_like([f"p{number // 2}" for number in range(40)])
    assert not _roles.is_group_like(["p1", "p2"] * 20)
    assert not _roles.is_group_like([f"p{number}" for number in range(40)])
    assert not _roles.is_group_like([f"Re: the meeting of day {number // 2}" for number in range(40)])
    assert not _roles.is_group_like([["a"]] * 40)
