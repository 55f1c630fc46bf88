import numpy as np
import pytest

from headstart.scores.knn import NearestNeighbours
from tests.scores.samples import SHAPES, sample


@pytest.mark.parametrize(("items", "width"), SHAPES)
@pytest.mark.parametrize("k", [1, 5, 20, 1000])
def test_equals_counting(items, width, k):
    features, targets = sample(items, width)
    features = features + np.random.default_rng(2).normal(size=features.shape) * 1e-6  # ties are settled elsewhere
    names, counts = np.unique(targets, return_counts=True)
    right = dict.fromkeys(names, 0)
    for i in range(items):
        cosines = features @ features[i] / np.linalg.norm(features, axis=1) / np.linalg.norm(features[i])
        nearest = [j for j in np.argsort(-cosines) if j != i][:k]
        votes = [
            sum(np.exp(cosines[j] / 0.07) for j in nearest if targets[j] == name) / count
            for name, count in zip(names, counts, strict=True)
        ]
        right[targets[i]] += names[int(np.argmax(votes))] == targets[i]
    expected = np.mean([right[name] / count for name, count in zip(names, counts, strict=True)])
    assert NearestNeighbours(k=k).score(features, targets) == pytest.approx(expected, abs=1e-12)


def test_width_and_scale_do_not_matter():
    features, targets = sample(60, 8)
    value = NearestNeighbours().score(features, targets)
    assert NearestNeighbours().score(np.hstack([features, np.zeros((60, 9))]) * 7.0, targets) == pytest.approx(value)
