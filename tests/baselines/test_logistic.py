from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from headstart.baselines import _files, _logistic
from headstart.baselines._logistic import LogisticBaseline
from headstart.baselines.histograms import Histograms
from headstart.baselines.spectra import Spectra
from headstart.core.errors import Unavailable, UserError

MEMBERS = pytest.mark.parametrize("make", [Histograms, Spectra])


@MEMBERS
def test_it_has_to_be_fitted(make: Callable[[], LogisticBaseline], tmp_path: Path):
    with pytest.raises(UserError, match="This baseline has not been fitted: call fit or load first"):
        make().logits(np.zeros((1, sum(make().parts.values())), dtype=np.float32))
    with pytest.raises(UserError, match="This baseline has not been fitted"):
        make().save(tmp_path)


@MEMBERS
@pytest.mark.parametrize("parts", [None, {}, {"greys": 3}])
def test_other_descriptions_are_refused(make: Callable[[], LogisticBaseline], parts, tmp_path: Path):
    record = {"baseline": make().name, "parts": parts}
    _files.write(tmp_path, record, {"weight": np.zeros((2, 3)), "bias": np.zeros(2)})
    with pytest.raises(Unavailable, match=r"reads other descriptions than this version makes\. Fit it again"):
        make().load(tmp_path)


@MEMBERS
def test_numbers_that_do_not_fit_the_record_are_refused(make: Callable[[], LogisticBaseline], tmp_path: Path):
    record = {"baseline": make().name, "parts": make().parts}
    _files.write(tmp_path, record, {"weight": np.zeros((2, 3)), "bias": np.zeros(2)})
    with pytest.raises(Unavailable, match="reads other descriptions"):
        make().load(tmp_path)


@MEMBERS
def test_columns_that_never_vary_do_not_count(make: Callable[[], LogisticBaseline]):
    width = sum(make().parts.values())
    scale = make().scale(np.tile(np.arange(width, dtype=np.float64), (4, 1)))
    assert not scale.any()


@MEMBERS
def test_logits_are_shifted_by_the_log_of_balanced_weights(make: Callable[[], LogisticBaseline], monkeypatch):
    described = np.random.default_rng(0).normal(size=(60, sum(make().parts.values()))).astype(np.float32)
    targets = np.array([0] * 48 + [1] * 12)
    shifted, plain = make(), make()
    shifted.fit(described, targets, 2)
    monkeypatch.setattr(_logistic, "balanced_weights", lambda *_: np.ones(2))
    plain.fit(described, targets, 2)
    np.testing.assert_allclose(shifted.logits(described) - plain.logits(described), np.log([[30 / 48, 30 / 12]] * 60))
