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
    that of the classes' calibrated probabilities. The first head is that of the source.
    """

    summary: ClassVar[str] = "Let items and labels travel together by optimal transport (JDOT, Courty et al. 2017)."

    alpha: Annotated[float, Meaning(says="Weight of distances beside differences of labels.", low=0.001)] = 1.0
    rounds: Annotated[int, Meaning(says="Times that plan and head are found anew.", low=1, high=100)] = 5
    regularisation: Annotated[float, Meaning(says="Weight of the plan's entropy.", low=0.001)] = 0.02

    def cross(self, pair: Pair, fit: Fit) -> Crossing:
        """See `FeatureMethod.cross`."""
        from sklearn.metrics.pairwise import euclidean_distances

        from headstart.domains._distances import costs
        from headstart.domains._entropy import softmax
        from headstart.domains._sinkhorn import plan

        labels, distances = one_hot(pair.labels, pair.outputs), self.alpha * costs(pair.source, pair.target)
        head = fit(pair.source, labels, groups=pair.groups)
        for _ in range(self.rounds):
            losses = euclidean_distances(labels, softmax(head.logits(pair.target)), squared=True)
            sent = plan(distances + losses, self.regularisation)
            head = fit(pair.target, (sent / sent.sum(axis=0)).T @ labels)
        return Crossing(head=head)
