import pytest

from headstart.cli._options import names, settings, shown
from headstart.core.errors import UserError


def test_names_are_separated_by_commas():
    assert names(" a, b,") == ("a", "b")
    assert names(None) is None


def test_a_pool_without_names_is_refused():
    with pytest.raises(UserError, match="--pool ' ,' names no model"):
        names(" ,")


def test_settings_are_numbers_truths_and_texts():
    given = ["epochs=10", " mixup = 0.2 ", "balanced=true", "augment=strong", 'head="ridge"', "rate_scale=1e-2"]
    assert settings(given) == {
        "epochs": 10, "mixup": 0.2, "balanced": True, "augment": "strong", "head": "ridge", "rate_scale": 0.01
    }  # fmt: skip
    assert settings(["when=2024-01-01", "list=[1]", "sum=a=b"]) == {"when": "2024-01-01", "list": "[1]", "sum": "a=b"}
    assert settings(["mixup=.5", "decay=1."]) == {"mixup": 0.5, "decay": 1.0}
    assert settings(None) is None


def test_what_is_no_setting_is_refused_together():
    with pytest.raises(UserError) as refused:
        settings(["epochs", "=3", "mixup=", "rank=2", "rank=4"])
    assert list(refused.value.problems) == [
        "--set 'epochs' is no setting; expected NAME=VALUE, such as epochs=10.",
        "--set '=3' is no setting; expected NAME=VALUE, such as epochs=10.",
        "--set 'mixup=' is no setting; expected NAME=VALUE, such as epochs=10.",
        "--set gives rank twice; give it once.",
    ]


@pytest.mark.parametrize("value", [3, 0.25, True, False, "strong", 1e-05])
def test_a_value_is_shown_as_it_is_read(value):
    assert settings([f"name={shown(value)}"]) == {"name": value}
