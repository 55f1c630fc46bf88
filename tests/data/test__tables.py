from pathlib import Path

import pytest

from headstart.core.errors import UserError
from headstart.data._tables import read_delimited, read_json


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text,label\nhello,1\nbye,\n"),
        ("a.csv", "\ufefftext,label\r\nhello,1\r\n\r\nbye, \r\n"),
        ("a.csv", "text;label\nhello;1\nbye;\n"),
        ("a.csv", "text|label\nhello|1\nbye|\n"),
        ("a.tsv", "text\tlabel\nhello\t1\nbye\t\n"),
        ("a.csv", "text\tlabel\nhello\t1\nbye\t"),
    ],
)
def test_every_delimiter(tmp_path: Path, name: str, content: str):
    assert read_delimited(written(tmp_path, name, content)) == {"text": ["hello", "bye"], "label": ["1", None]}


def test_quotes_hold_delimiters_and_line_breaks(tmp_path: Path):
    path = written(tmp_path, "a.csv", '"the; text",label\n"one, ""two""\nthree",NA\n')
    assert read_delimited(path) == {"the; text": ['one, "two"\nthree'], "label": ["NA"]}


def test_a_column_alone(tmp_path: Path):
    assert read_delimited(written(tmp_path, "a.csv", "text\nhello\n")) == {"text": ["hello"]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,2,3\n", "has 3 values in the row that ends at line 2, expected 2 as in its header"),
        ("a,a\n1,2\n", "has more than one column called 'a'"),
        ("\n1,2\n", "has no header"),
        ("x/cell1.png,1\nx/cell2.png,0\n", "begins with 'x/cell1.png', which looks like an item"),
        ("a/word.wav,yes\nb/word.wav,no\n", "begins with 'a/word.wav', which looks like an item"),
        ("x/cell1.png  1.0  mono\n", "begins with 'x/cell1.png', which looks like an item"),
        ('a,b\n1,"2" 3\n', "is not a proper table at line 2"),
        (b"a,b\n1,\xe9\n", "it is not UTF-8 (byte 0xe9 at offset 6, line 2)"),
        ("", "it is empty (0 bytes)"),
    ],
)
def test_what_is_no_table(tmp_path: Path, content: str | bytes, said: str):
    path = written(tmp_path, "a.csv", content)
    with pytest.raises(UserError) as caught:
        read_delimited(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "content",
    ['{"a": "x", "b": 1}\n\n{"b": true}\n', '[{"a": "x", "b": 1},\n {"b": true}]'],
)
def test_json_lines_and_arrays(tmp_path: Path, content: str):
    assert read_json(written(tmp_path, "a.json", content)) == {"a": ["x", None], "b": [1, True]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"a": 1}\n{"a": }\n', "is not JSON at line 2: Expecting value"),
        ('[{"a": 1},\n{"a": }]', "is not JSON at line 2: Expecting value"),
        ('{"a": 1}\n"text"\n', 'holds "text", expected objects such as'),
    ],
)
def test_what_is_no_json(tmp_path: Path, content: str, said: str):
    with pytest.raises(UserError) as caught:
        read_json(written(tmp_path, "a.jsonl", content))
    assert said in str(caught.value)
