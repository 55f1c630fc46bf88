from __future__ import annotations

import numpy as np
import pytest

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


@pytest.mark.parametrize(
    ("shape", "are"), [((4097, 512), True), ((4096, 512), False), ((100_000, 16), False), ((5000, 1280), False)]
)
def test_many_is_a_matter_of_rows_numbers_and_width(shape: tuple[int, int], are: bool):
    assert many(np.broadcast_to(np.float32(0), shape)) == are
