import importlib
import sys
import textwrap
from importlib.metadata import EntryPoint

import pytest

from headstart import catalog
from headstart.core import registry
from headstart.core.errors import UserError
from headstart.core.strategy import FeatureStrategy, Strategy

TOY = """
    import numpy as np

    from headstart.core.backbone import LinearHead
    from headstart.core.strategy import FeatureStrategy


    class Means(FeatureStrategy):
        summary = "Nearest class mean."

        def supports(self, info, task):
            return None

        def fit(self, features, targets, outputs, class_weights):
            means = np.stack([features[targets == k].mean(axis=0) for k in range(outputs)])
            return LinearHead(weight=2 * means, bias=-(means**2).sum(axis=1))
"""


@pytest.fixture
def drop_in(tmp_path, monkeypatch):
    """Put one file into the folder of strategies for the length of a test."""
    package = importlib.import_module("headstart.strategies")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    dropped = []

    def write(name: str, content: str) -> None:
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(content))
        importlib.invalidate_caches()
        dropped.append(f"headstart.strategies.{name}")

    yield write
    for module in dropped:
        sys.modules.pop(module, None)
        vars(package).pop(module.rpartition(".")[2], None)


@pytest.fixture(autouse=True)
def declared_anew():
    registry._declared.cache_clear()
    yield
    registry._declared.cache_clear()


def point(monkeypatch, value: str) -> None:
    found = EntryPoint(name="outside", value=value, group="headstart.strategies")
    monkeypatch.setattr(registry, "entry_points", lambda group: [found] if group == found.group else [])


def test_a_strategy_is_added_by_dropping_in_one_file(drop_in):
    drop_in("class_means", TOY)
    assert "class_means" in catalog.strategies.names()
    assert "headstart.strategies.class_means" not in sys.modules
    member = catalog.strategies.get("class_means")
    assert issubclass(member, FeatureStrategy)
    assert member.summary == "Nearest class mean."


def test_a_dropped_in_strategy_is_on_the_command_line_at_once(drop_in, capsys):
    from headstart.cli.app import main

    drop_in("class_means", TOY)
    assert main(["strategies"]) == 0
    assert "Nearest class mean." in capsys.readouterr().out


def test_machinery_is_no_member(drop_in):
    drop_in("_helper", TOY)
    assert "_helper" not in catalog.strategies.names()


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(UserError, match=r"Unknown strategy 'liner_probe'\. Did you mean 'linear_probe'\?"):
        catalog.strategies.get("liner_probe")


@pytest.mark.parametrize(("content", "count"), [("x = 1\n", 0), (TOY + TOY.replace("Means", "Other"), 2)])
def test_a_file_holds_exactly_one_member(drop_in, content, count):
    drop_in("odd", content)
    with pytest.raises(
        TypeError, match=f"strategies.odd holds {count} public implementations of Strategy, expected one"
    ):
        catalog.strategies.get("odd")


def test_a_missing_package_is_named_with_the_command_that_installs_it(drop_in):
    drop_in("needy", "import a_package_nobody_has\n")
    assert "needy" in catalog.strategies.names()
    with pytest.raises(UserError, match=r"needs the package 'a_package_nobody_has'.*pip install a_package_nobody_has"):
        catalog.strategies.get("needy")


def test_our_own_missing_module_is_a_bug_and_stays_one(drop_in):
    drop_in("broken", "import headstart.not_there\n")
    with pytest.raises(ModuleNotFoundError, match=r"headstart\.not_there"):
        catalog.strategies.get("broken")


def test_an_outside_package_joins_through_an_entry_point(monkeypatch):
    point(monkeypatch, "headstart.strategies.linear_probe:LinearProbe")
    assert "outside" in catalog.strategies.names()
    assert catalog.strategies.get("outside") is catalog.strategies.get("linear_probe")


def test_an_entry_point_to_something_else_is_refused(monkeypatch):
    point(monkeypatch, "pathlib:Path")
    with pytest.raises(TypeError, match=r"Entry point 'outside' in group 'headstart\.strategies' gives .*Strategy"):
        catalog.strategies.get("outside")


def test_one_of_each_can_be_made():
    made = catalog.strategies.create()
    assert tuple(made) == catalog.strategies.names()
    assert all(isinstance(member, Strategy) for member in made.values())
