import numpy as np

from headstart.heads.weights import balanced_weights


def test_every_present_class_gets_the_same_total_and_the_items_sum_to_their_number():
    targets = np.array([0, 0, 0, 0, 0, 0, 1, 1, 3])
    weights = balanced_weights(targets, 4)
    np.testing.assert_allclose(np.bincount(targets, weights=weights[targets], minlength=4), [3.0, 3.0, 0.0, 3.0])
    assert weights[2] == 1.0
