import pytest

from headstart.data._issues import examples, issue, several


def test_an_issue_counts_its_items():
    found = issue("leak", "warning", "Two.", iter(["a", "b"]))
    assert (found.items, found.count) == (("a", "b"), 2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [((1, "file"), "1 file"), ((1200, "file"), "1,200 files"), ((2, "class", "classes"), "2 classes")],
)
def test_counts_agree_in_number(arguments: tuple, said: str):
    assert several(*arguments) == said


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        (["a"], "'a'"),
        (["a", "b"], "'a' and 'b'"),
        (list("abc"), "'a', 'b' and 'c'"),
        (list("abcde"), "'a', 'b', 'c' and 2 more"),
    ],
)
def test_examples_read_as_prose(names: list[str], said: str):
    assert examples(names) == said
