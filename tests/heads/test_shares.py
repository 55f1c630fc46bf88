import numpy as np
import pytest
from scipy.special import logsumexp, softmax

from headstart.heads.shares import shares


@pytest.mark.parametrize("classes", [1, 2, 30])
def test_equals_softmax_and_its_denominator_whatever_the_scale(classes):
    logits = np.random.default_rng(0).normal(size=(classes, 50)) * np.geomspace(1e-3, 1e4, 50)
    likely, norms = shares(logits)
    np.testing.assert_allclose(likely, softmax(logits, axis=0), rtol=1e-12)
    np.testing.assert_allclose(norms, logsumexp(logits, axis=0), rtol=1e-12)
