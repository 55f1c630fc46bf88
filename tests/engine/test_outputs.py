import numpy as np

from headstart.engine import outputs
from headstart.engine.outputs import probabilities_of
from headstart.tasks.classification import Classification


def test_of_many_items_single_precision_is_kept_and_nothing_else_changes(monkeypatch):
    task = Classification(classes=["a", "b", "c"])
    logits = np.random.default_rng(0).normal(size=(25, 3))
    few = probabilities_of(logits, task)
    assert few.dtype == np.float64
    monkeypatch.setattr(outputs, "LARGE", 10)
    many = probabilities_of(logits.astype(np.float32), task)
    assert many.dtype == np.float32
    np.testing.assert_allclose(many, few, rtol=1e-5)
