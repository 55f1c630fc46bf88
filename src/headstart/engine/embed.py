"""A map of the features: one point per item in the plane, near where the features are near."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from headstart.core.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

COMPONENTS = 30
ITERATIONS = 400


def feature_map(features: NDArray[np.floating], seed: int = 0, laid_out: int = 1500) -> tuple[NDArray[np.float64], str]:
    """Coordinates ``(N, 2)`` in [-1, 1] for ``features (N, D)``, and the name of the method.

    Labels play no part, so classes that lie apart in the map do so in the features. Rows are scaled to unit length
    and reduced to 30 principal components. Up to ``laid_out`` items are then laid out by t-SNE (van der Maaten and
    Hinton, JMLR 9, 2008) started from the first two components (Kobak and Berens, Nature Communications 10, 2019),
    which makes it deterministic and keeps the large-scale arrangement. More items, or fewer than ten, are shown by the
    two components themselves. t-SNE of a thousand items takes about a second, which is a quarter of a pass of
    EfficientNet-Lite0 over them.

    Raises:
        UserError: there are no features, or some are not finite.
    """
    if features.ndim != 2 or 0 in features.shape:
        raise UserError(f"A map needs features of shape (items, width); got {features.shape}.")
    if not np.isfinite(features).all():
        raise UserError(
            f"{int((~np.isfinite(features).all(1)).sum())} of {len(features)} items have features that are not finite."
        )
    components = _principal_components(features.astype(np.float64), seed)
    if not 10 <= len(features) <= laid_out or not components.any():
        return _fitted(components[:, :2]), "PCA"
    return _fitted(_neighbours(components, seed)), "t-SNE"


def _principal_components(features: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """``(N, <= 30)``, by decreasing variance; at least two columns."""
    from sklearn.utils.extmath import randomized_svd

    length = np.linalg.norm(features, axis=1, keepdims=True)
    unit = features / np.where(length > 0, length, 1.0)
    unit -= unit.mean(0)
    rank = min(COMPONENTS, *unit.shape)
    left, scale, _ = randomized_svd(unit, n_components=rank, random_state=seed)
    # Rows that are all alike leave rounding errors only, which are no directions.
    scale = np.where(scale > 1e-9, scale, 0.0)
    return np.pad(left * scale, ((0, 0), (0, max(0, 2 - rank))))


def _neighbours(components: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    start = components[:, :2] / max(float(components[:, 0].std()), 1e-12) * 1e-4
    perplexity = min(30.0, (len(components) - 1) / 3)
    # Several threads gain little at this size, and lose much when the machine is busy.
    with threadpool_limits(1):
        layout = TSNE(init=cast("Any", start), perplexity=perplexity, max_iter=ITERATIONS, random_state=seed)
        return layout.fit_transform(components).astype(np.float64)


def _fitted(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centred and scaled alike in both directions, so that distances keep their proportions."""
    middle = (points.max(0) + points.min(0)) / 2
    reach = float(np.abs(points - middle).max())
    return (points - middle) / reach if reach > 0 else points - middle
