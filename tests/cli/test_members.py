import json

from headstart.cli._members import show_all, show_one
from headstart.core.settings import Setting


def test_all_are_a_table_or_a_document(capsys):
    show_all("Way", {"a": "Does this.", "bb": "Does that."}, as_json=False)
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["Way", "What", "it", "does"]
    assert [row.split() for row in rows] == [["a", "Does", "this."], ["bb", "Does", "that."]]
    show_all("Way", {"a": "Does this."}, as_json=True)
    assert json.loads(capsys.readouterr().out) == [{"name": "a", "summary": "Does this."}]


def test_one_comes_with_its_settings(capsys):
    rate = Setting(name="rate", default=0.5, expected="a number", says="How fast.")
    show_one("a", "Does this.", [rate], as_json=False)
    said = capsys.readouterr().out
    assert said.startswith("a: Does this.\n")
    assert said.splitlines()[-1].split() == ["rate", "0.5", "a", "number", "How", "fast."]
    show_one("a", "Does this.", [], as_json=False)
    assert capsys.readouterr().out.endswith("It has no settings.\n")
    show_one("a", "Does this.", [rate], as_json=True)
    assert json.loads(capsys.readouterr().out)["settings"] == [
        {"name": "rate", "default": 0.5, "expected": "a number", "says": "How fast."}
    ]
