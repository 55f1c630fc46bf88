from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headstart import adapting, api
from headstart.adapting import still_there
from headstart.asked import options_of
from headstart.core.dataset import Dataset
from headstart.core.errors import UserError
from headstart.core.recipe import Recipe
from headstart.engine import adapt as adapt_module
from headstart.engine.options import PoolMember
from tests.engine import toys
from tests.listening import Listener

pytestmark = pytest.mark.usefixtures("little_work", "one_thread")


def test_a_finished_run_is_not_computed_again(data: Dataset, tiny: PoolMember, tmp_path: Path, monkeypatch):
    """Unless the data, what is asked for, the program or the model's weights have changed, or something is missing."""
    monkeypatch.setattr("headstart.engine.identity.code", lambda: ("", False))
    monkeypatch.setattr("headstart.engine.environment.code", lambda: ("", False))
    out, computed = tmp_path / "run", []
    ran = adapt_module.adapt
    monkeypatch.setattr(adapt_module, "adapt", lambda *a, **options: computed.append(1) or ran(*a, **options))
    heard = Listener()

    def again(**changes: Any) -> api.Adaptation:
        asked = {"budget": "quick", "strategy": "linear_probe", "seed": 2, **changes}
        return api.adapt(api.load(tmp_path / "photos"), out=out, progress=heard, **asked)

    first = again()
    second = again()
    assert second.results == first.results
    assert len(computed) == 1
    assert heard.said[-1] == f"'{out}' holds this very run; delete it to have it computed again."
    saved = second.save(tmp_path / "copy")
    page = (saved / "report.html").read_text(encoding="utf-8")
    assert str(saved) in page
    assert f"{out}/" not in page
    assert [p.probabilities for p in api.open(saved).predict([toys.picture(0, 5)])] == [
        p.probabilities for p in api.open(out).predict([toys.picture(0, 5)])
    ]
    assert api.Adaptation(first.results, first.recipe, saved).save(saved) == saved
    (out / "report.html").unlink()
    heard.said.clear()
    again()
    assert len(computed) == 2
    assert not any("computed" in each for each in heard.said)
    monkeypatch.setattr("headstart.engine.identity.code", lambda: ("", True))
    again()
    assert len(computed) == 3
    assert (
        f"'{out}' holds this run as another state of the program, its libraries or the weights made it: it is computed "
        "anew."
    ) in heard.said
    monkeypatch.setattr("headstart.engine.identity.code", lambda: ("", False))
    monkeypatch.setattr(adapting, "still_there", lambda results, options: False)
    again()
    assert len(computed) == 4


def test_other_weights_in_the_store_make_another_run(data: Dataset, tiny: PoolMember):
    results = api.adapt(data, budget="quick", strategy="linear_probe").results
    options = options_of(data, Recipe(budget="quick"))
    assert still_there(results, options)
    other = replace(results, model=replace(results.model, sha256="0" * 64))
    assert not still_there(other, options)


@pytest.mark.usefixtures("tiny")
def test_save_refuses_what_is_not_its_own(data: Dataset, tmp_path: Path):
    adapted = api.adapt(data, budget="quick", strategy="linear_probe")
    (tmp_path / "other" / "checkpoints").mkdir(parents=True)
    (tmp_path / "other" / "checkpoints" / "run.json").write_text('{"options": {}, "data": "another"}')
    (tmp_path / "other" / "checkpoints" / "piece.safetensors").touch()
    with pytest.raises(UserError, match="holds an unfinished run of other data or other options"):
        adapted.save(tmp_path / "other")
    assert (tmp_path / "other" / "checkpoints" / "run.json").exists()


@pytest.mark.usefixtures("tiny")
def test_a_folder_in_use_is_refused_before_any_work(data: Dataset, tmp_path: Path, monkeypatch):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.tex").touch()
    monkeypatch.setattr("headstart.engine.adapt.adapt", None)
    with pytest.raises(UserError, match=r"holds files that are not a run \(thesis\.tex\)"):
        api.adapt(data, out=tmp_path / "taken")


@pytest.mark.usefixtures("tiny")
def test_an_interrupted_adapt_goes_on_in_its_folder(data: Dataset, tmp_path: Path, monkeypatch):
    def stop(*arguments: Any) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr("headstart.engine.final.fit_temperature", stop)
        with pytest.raises(KeyboardInterrupt):
            api.adapt(data, out=out, budget="quick", strategy="linear_probe")
    with pytest.raises(UserError, match=r"holds an unfinished run of other options \(seed 0, not 1\)\. Choose"):
        api.adapt(data, out=out, budget="quick", strategy="linear_probe", seed=1)
    told = Listener()
    api.adapt(data, out=out, budget="quick", strategy="linear_probe", progress=told)
    assert re.search(r"^Going on with the interrupted run; finished pieces of work that are kept: \d+\.$", told.said[0])
    assert not (out / "checkpoints").exists()
    assert api.open(out).classes == ("left", "right")
