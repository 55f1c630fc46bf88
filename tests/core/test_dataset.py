import numpy as np

from tests.cli.standins import dataset


def test_a_dataset_tells_its_length_targets_and_ids():
    data = dataset()
    assert len(data) == 6
    assert data.targets.dtype == np.int64
    np.testing.assert_array_equal(data.targets, [0, 0, 0, 1, 1, 0])
    assert data.ids == tuple(f"row {n}" for n in range(6))
