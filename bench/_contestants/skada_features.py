"""What skada makes of features of two domains: adapted source and target, or weights of the source's items.

python skada_features.py IN.npz OUT.npz KMM_GAMMA
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
from skada import (
    CORALAdapter,
    EntropicOTMappingAdapter,
    KLIEPReweightAdapter,
    KMMReweightAdapter,
    LinearOTMappingAdapter,
    SubspaceAlignmentAdapter,
)


def main() -> None:
    given, out, gamma = sys.argv[1], sys.argv[2], float(sys.argv[3])
    with np.load(given) as file:
        source, labels, target = file["source"], file["labels"], file["target"]
    rows = np.concatenate([source, target])
    classes = np.concatenate([labels, np.full(len(target), -1)])
    domains = np.repeat([1, -2], [len(source), len(target)])
    moved = {
        "coral": CORALAdapter(reg="auto"),
        "linear_ot": LinearOTMappingAdapter(),
        "subspace": SubspaceAlignmentAdapter(n_components=min(64, source.shape[1] - 1), random_state=0),
        "entropic_ot": EntropicOTMappingAdapter(reg_e=0.02, norm="median", max_iter=10_000),
    }
    widths = [gamma / width for width in (0.25, 0.5, 1.0, 2.0)]
    weighed = {
        "kmm": KMMReweightAdapter(gamma=gamma, B=10.0, max_iter=20_000),
        "kliep": KLIEPReweightAdapter(gamma=widths, random_state=0),
    }
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # KLIEP's steps end at their number, whatever that is
        for name, adapter in moved.items():
            adapted = adapter.fit_transform(rows, classes, sample_domain=domains)
            found[f"{name} source"], found[f"{name} target"] = adapted[: len(source)], adapted[len(source) :]
        for name, adapter in weighed.items():
            _, extra = adapter.fit_transform(rows, classes, sample_domain=domains)
            found[f"{name} weights"] = extra["sample_weight"][: len(source)]
    np.savez(out, **found)


if __name__ == "__main__":
    main()
