from __future__ import annotations

import numpy as np

from headstart.core import features as module
from headstart.core.features import BLOCK_BYTES, blocks_of, many, rows_per_block


def test_an_array_comes_in_blocks_that_cover_it_once(monkeypatch):
    monkeypatch.setattr(module, "BLOCK_BYTES", 64)
    rows = np.arange(50, dtype=np.float32).reshape(10, 5)
    parts = list(blocks_of(rows))
    assert len(parts) == 4
    assert np.array_equal(np.concatenate([block for _, block in parts]), rows)
    assert all(np.array_equal(rows[where], block) for where, block in parts)


def test_blocks_hold_about_as_many_bytes_as_said_and_never_nothing():
    assert rows_per_block(512) * 512 * 4 == BLOCK_BYTES
    assert rows_per_block(10**9) == 1


def test_many_is_a_matter_of_numbers_and_not_of_rows():
    assert not many(np.empty((1 << 13, 1 << 9), dtype=np.float32))
    assert many(np.empty(((1 << 13) + 1, 1 << 9), dtype=np.float32))
