"""AutoGluon-MM as its documentation has it, on a table of one column: defaults but for the weights and the metric."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence

import pandas as pd
from autogluon.multimodal import MultiModalPredictor


def fitted_answers(
    train: Sequence[str],
    labels: Sequence[str],
    test: Sequence[str],
    *,
    kind: str,
    hyperparameters: Mapping[str, object],
) -> list[str]:
    """Fit on ``train`` and say the classes of ``test``; ``kind`` is AutoGluon's name for what the column holds."""
    with tempfile.TemporaryDirectory() as folder:
        predictor = MultiModalPredictor(label="label", eval_metric="balanced_accuracy", path=folder, verbosity=1)
        predictor.fit(
            pd.DataFrame({"item": train, "label": labels}),
            hyperparameters={**hyperparameters, "env.num_gpus": 0},
            column_types={"item": kind},
            seed=0,
        )
        return [str(label) for label in predictor.predict(pd.DataFrame({"item": test}), as_pandas=False)]
