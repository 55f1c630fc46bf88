"""What reads features and ends in the calibrated ridge of `headstart.heads.probe`, of few rows as of many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from headstart.core.backbone import LinearHead
from headstart.core.strategy import FeatureStrategy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from headstart.core.features import Features


class Ridge(FeatureStrategy):
    """`headstart.heads.probe` in memory, `headstart.heads.gram` from sums over blocks of many features."""

    def fit(
        self,
        features: NDArray[np.floating] | Features,
        targets: NDArray[np.int64],
        outputs: int,
        class_weights: Sequence[float],
        groups: NDArray[np.int64] | None = None,
    ) -> LinearHead:
        """See `FeatureStrategy.fit`."""
        import numpy as np

        from headstart.core.features import many
        from headstart.heads.gram import fit_probe_streamed
        from headstart.heads.probe import fit_probe

        if many(features):
            return fit_probe_streamed(features, targets, outputs, class_weights, groups).head
        return fit_probe(np.asarray(features), targets, outputs, class_weights, groups)

    def cross_fit(
        self,
        features: NDArray[np.floating] | Features,
        targets: NDArray[np.int64],
        outputs: int,
        folds: NDArray[np.integer],
        weigh: Callable[[NDArray[np.int64]], Sequence[float]],
        groups: NDArray[np.int64] | None = None,
    ) -> NDArray[np.floating]:
        """See `FeatureStrategy.cross_fit` and, for what folds share, `headstart.heads.probe.cross_fit_probe`."""
        from headstart.heads.probe import cross_fit_shared

        found = cross_fit_shared(features, targets, outputs, folds, weigh, groups)
        return super().cross_fit(features, targets, outputs, folds, weigh, groups) if found is None else found
