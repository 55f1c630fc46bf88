import pytest

from headstart.data._issues import examples, issue


def test_an_issue_counts_its_items():
    found = issue("leak", "warning", "Two.", iter(["a", "b"]))
    assert (found.items, found.count) == (("a", "b"), 2)


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
