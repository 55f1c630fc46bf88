"""Information maximisation on the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import LinearHead
from headstart.core.domain import Crossing, FeatureMethod, Fit, Pair, one_hot
from headstart.core.settings import Meaning

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class ShotIM(FeatureMethod):
    """Predictions on the target become certain, one by one, and stay varied, all together.

    Liang, Hu and Feng 2020, arXiv 2002.08546, equations 2 and 3: ``mean H(p) - H(mean p)``, minimised without a look at
    the source. The paper freezes the head and moves the features; features in a cache can only be moved by a linear
    map in front of the head, which is the same as moving the head, and that is what is done, from the source's head
    on. Departure: a pull back to it, ``anchor / 2 |W - W_0|^2`` over weights of unit spread, for hundreds of items
    could follow any labelling. The second term asks for classes about as frequent as one another: where they are not,
    predictions are spread over them all the same.
    """

    summary: ClassVar[str] = "Make target predictions certain and varied (SHOT-IM, Liang et al. 2020)."

    anchor: Annotated[float, Meaning(says="Pull back to the source's head.")] = 0.1

    def cross(self, pair: Pair, fit: Fit) -> Crossing:
        """See `FeatureMethod.cross`."""
        import numpy as np
        from scipy.optimize import minimize

        from headstart.domains._entropy import information

        start = fit(pair.source, one_hot(pair.labels, pair.outputs), groups=pair.groups)
        mean = pair.target.mean(axis=0)
        rows = np.column_stack([pair.target - mean, np.ones(len(pair.target))])
        logits = start.logits(pair.target)

        def objective(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            change = flat.reshape(pair.outputs, -1)
            value, slope = information(logits + rows @ change.T)
            return value + 0.5 * self.anchor * float(flat @ flat), (slope.T @ rows).ravel() + self.anchor * flat

        nothing = np.zeros(pair.outputs * rows.shape[1])
        found = minimize(objective, nothing, jac=True, method="L-BFGS-B", options={"maxiter": 200})
        change = found.x.reshape(pair.outputs, -1)
        weight = start.weight + change[:, :-1]
        return Crossing(head=LinearHead(weight=weight, bias=start.bias + change[:, -1] - change[:, :-1] @ mean))
