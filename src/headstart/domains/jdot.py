"""Joint distribution optimal transport."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from headstart.core.domain import Crossing, FeatureMethod, Fit, Pair, one_hot
from headstart.core.settings import Meaning


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
        from sklearn.metrics.pairwise import euclidean_distances

        from headstart.domains._distances import costs
        from headstart.domains._entropy import softmax
        from headstart.domains._sinkhorn import plan

        labels, distances = one_hot(pair.labels, pair.outputs), self.alpha * costs(pair.source, pair.target)
        head, potentials = fit(pair.source, labels, groups=pair.groups), None
        for _ in range(self.rounds):
            before = head.logits(pair.target)
            losses = euclidean_distances(labels, softmax(before), squared=True)
            sent, potentials = plan(distances + losses, self.regularisation, potentials)
            head = fit(pair.target, (sent / sent.sum(axis=0)).T.astype(np.float64) @ labels)
            if np.array_equal(head.logits(pair.target).argmax(axis=1), before.argmax(axis=1)):
                break
        return Crossing(head=head)
