"""Agreement with clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headstart.core.validator import Judged, Validator

STARTS = 10


@dataclass(frozen=True, kw_only=True)
class ClassAmi(Validator):
    """Adjusted mutual information between predictions for the target and its clusters, as many as there are classes.

    Musgrave, Belongie and Lim 2022, arXiv 2208.07360, section 4: k-means on the target's features. Fails when the
    target's clusters are something else than its classes.
    """

    summary: ClassVar[str] = "Mutual information of target predictions and clusters (Musgrave et al. 2022)."

    def value(self, judged: Judged) -> float:
        """See `Validator.value`; 1 at best, about 0 by chance."""
        import numpy as np
        from sklearn.cluster import KMeans
        from sklearn.metrics import adjusted_mutual_info_score

        outputs = min(judged.logits.shape[1], len(np.unique(judged.target, axis=0)))
        search: Any = KMeans(n_clusters=outputs, random_state=0).set_params(n_init=STARTS)
        clusters = search.fit_predict(judged.target)
        return float(adjusted_mutual_info_score(judged.logits.argmax(axis=1), clusters))
