"""AutoGluon-MM as its documentation has it, on a table of one column: defaults but for weights, metric and time."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence

import pandas as pd
from autogluon.multimodal import MultiModalPredictor

LIMIT = 600
"""Seconds to fit in. Without a limit 400 messages of newsgroups were not fitted after half an hour on two cores; where
its twenty epochs or its patience end sooner, so does it."""


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
            time_limit=LIMIT,
            seed=0,
        )
        return [str(label) for label in predictor.predict(pd.DataFrame({"item": test}), as_pandas=False)]
