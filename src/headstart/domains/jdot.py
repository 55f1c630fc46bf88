"""Joint distribution optimal transport."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.domain import Crossing, FeatureMethod, Fit, Pair, one_hot
from headstart.core.settings import Meaning

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Jdot(FeatureMethod):
    """Items and labels travel together: source items go to target items that are near and that the head gives the same
    label, the head is fitted to the labels that arrive, and so on in turn.

    Courty et al. 2017, arXiv 1705.08848, equation 7 and algorithm 1, with squared loss; ``alpha`` weighs distances,
    squared and as shares of their median, against it. Departures: the plan is an entropic one, and the loss in it is
    that of the classes' calibrated probabilities. The first head is that of the source; it ends where predictions stay.
    """

    summary: ClassVar[str] = "Let items and labels travel together by optimal transport (JDOT, Courty et al. 2017)."

    alpha: Annotated[float, Meaning(says="Weight of distances beside differences of labels.", low=0.001)] = 1.0
    rounds: Annotated[int, Meaning(says="Times that plan and head are found anew, at most.", low=1, high=100)] = 5
    regularisation: Annotated[float, Meaning(says="Weight of the plan's entropy.", low=0.001)] = 0.1

    def cross(self, pair: Pair, fit: Fit) -> Crossing:
        """See `FeatureMethod.cross`."""
        import numpy as np

        from headstart.domains._distances import costs
        from headstart.domains._entropy import softmax
        from headstart.domains._sinkhorn import plan

        labels, distances = one_hot(pair.labels, pair.outputs), costs(pair.source, pair.target)
        distances *= self.alpha
        head, potentials = fit(pair.source, labels, groups=pair.groups), None
        for _ in range(self.rounds):
            before = head.logits(pair.target)
            losses = _losses(softmax(before))[pair.labels]
            losses += distances
            sent, potentials = plan(losses, self.regularisation, potentials)
            arrived = (labels.T.astype(np.float32) @ sent).astype(np.float64)
            head = fit(pair.target, (arrived / arrived.sum(axis=0)).T)
            if np.array_equal(head.logits(pair.target).argmax(axis=1), before.argmax(axis=1)):
                break
        return Crossing(head=head)


def _losses(probabilities: NDArray[np.float64]) -> NDArray[np.float32]:
    """Squared loss ``(C, M)`` of ``probabilities (M, C)`` for either class as the label."""
    import numpy as np

    squares = (probabilities**2).sum(axis=1)
    return (1.0 + squares - 2.0 * probabilities.T).astype(np.float32)
