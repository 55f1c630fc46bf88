"""What kind of prediction is asked for: outputs, loss, metrics. Semantics only, no data and no model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class MetricInfo:
    """What intervals need to know of a metric: its range, infinite where it has no bound.

    One that is taken ``by_class`` averages classes or compares them, so that it means something else, or ceases to
    exist, where a class is missing from the items; any other is a mean over items.
    """

    low: float = 0.0
    high: float = 1.0
    by_class: bool = False


Metrics = Callable[["NDArray[np.floating]", "NDArray[np.int64]"], Mapping[str, float]]
"""Of ``probabilities (N, C)`` and ``targets (N,)``, by name."""
MetricsOfDraws = Callable[["NDArray[np.integer]"], Mapping[str, "NDArray[np.float64]"]]
"""Of ``counts (B, N)``, which say how often each item is in each of B draws, ``(B,)`` by name; NaN where a draw has
none."""


class Task(ABC):
    """A kind of prediction over ``classes``."""

    classes: tuple[str, ...]
    primary: str
    """Name of the metric that choices and verdicts are made on; higher is better, between 0 and 1."""
    measures: Mapping[str, MetricInfo]
    """Every metric that `metrics` may give, by name."""

    @abstractmethod
    def __init__(self, *, classes: Sequence[str]) -> None:
        """A task over these classes."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """How many numbers the head gives per item."""

    @abstractmethod
    def losses(
        self, logits: torch.Tensor, targets: torch.Tensor, class_weights: torch.Tensor, smoothing: float = 0.0
    ) -> torch.Tensor:
        """Training losses ``(B,)``; ``logits (B, outputs)``, ``targets (B,)`` int64, ``class_weights (outputs,)``.

        ``smoothing`` is the share of every target that is spread over all outputs.
        """

    @abstractmethod
    def probabilities(self, logits: NDArray[np.floating]) -> NDArray[np.float64]:
        """What the user is told per item, ``(N, outputs)`` from ``(N, outputs)``."""

    @abstractmethod
    def credit(self, probabilities: NDArray[np.floating], targets: NDArray[np.int64]) -> NDArray[np.float64]:
        """Per-item shares ``(N,)`` of the primary metric: their mean over all N items is the metric itself.

        Paired comparisons and intervals are made on these shares.
        """

    @abstractmethod
    def metrics(self, probabilities: NDArray[np.floating], targets: NDArray[np.int64]) -> Mapping[str, float]:
        """Every metric by name, the primary one among them; those taken by class only where they exist."""

    def metrics_of_draws(self, probabilities: NDArray[np.floating], targets: NDArray[np.int64]) -> MetricsOfDraws:
        """What gives `metrics` of resamples of these items; one draw after the other, unless the task knows a shorter
        way.
        """
        return one_by_one(self.metrics, probabilities, targets)


def one_by_one(metrics: Metrics, probabilities: NDArray[np.floating], targets: NDArray[np.int64]) -> MetricsOfDraws:
    """What `Task.metrics_of_draws` gives, from what gives the metrics of some items."""

    def each(counts: NDArray[np.integer]) -> Mapping[str, NDArray[np.float64]]:
        import numpy as np

        found = [metrics(probabilities.repeat(count, axis=0), targets.repeat(count)) for count in counts]
        names = dict.fromkeys(name for values in found for name in values)
        return {name: np.array([values.get(name, np.nan) for values in found]) for name in names}

    return each
