from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from headstart.core import features as contract
from headstart.core.backbone import LinearHead
from headstart.core.errors import Unavailable
from headstart.engine import matrix
from headstart.engine.matrix import FeatureFile


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(contract, "BLOCK_BYTES", 100)
    monkeypatch.setattr(matrix, "GAP_BYTES", 40)


def stored(tmp_path: Path, rows: int = 57, width: int = 3) -> tuple[np.ndarray, FeatureFile]:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(rows, width)).astype(np.float32)
    file = FeatureFile(rows, width, tmp_path)
    for part in np.array_split(rng.permutation(rows), 4):
        file.write(part, values[part])
    return values, file


def test_what_was_written_in_any_order_is_read_in_blocks(tmp_path: Path):
    values, file = stored(tmp_path)
    assert file.shape == (57, 3)
    assert len(file) == 57
    assert max(len(block) for _, block in file.blocks()) == 8
    assert np.array_equal(np.asarray(file), values)


@pytest.mark.parametrize("rows", [[5, 1, 1, 40, 39, 0], [], list(range(0, 57, 9)), list(range(10, 50))])
def test_selections_are_those_of_an_array_and_so_are_selections_of_selections(tmp_path: Path, rows: list[int]):
    values, file = stored(tmp_path)
    chosen = np.array(rows, dtype=np.int64)
    assert np.array_equal(np.asarray(file[chosen]), values[chosen])
    marked = np.arange(len(chosen)) % 2 == 0
    assert np.array_equal(np.asarray(file[chosen][marked]), values[chosen][marked])


def test_a_mask_selects(tmp_path: Path):
    values, file = stored(tmp_path)
    mask = np.random.default_rng(1).random(57) < 0.5
    assert np.array_equal(np.asarray(file[mask], dtype=np.float64), values[mask].astype(np.float64))


def test_a_head_reads_it_block_by_block(tmp_path: Path):
    values, file = stored(tmp_path)
    head = LinearHead(weight=np.random.default_rng(2).normal(size=(4, 3)), bias=np.arange(4.0))
    np.testing.assert_allclose(head.logits(file), head.logits(values), rtol=1e-6)


def test_nothing_is_left_on_the_disk(tmp_path: Path):
    _, file = stored(tmp_path)
    part = file[np.arange(3)]
    del file
    assert np.asarray(part).shape == (3, 3)
    del part
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_said_beforehand(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(matrix.shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(Unavailable, match=r"Features of 1,000 items take 2 MB .* has 0 MB left\. Free some space"):
        FeatureFile(1000, 512, tmp_path)


def test_a_file_that_ends_early_is_an_error_and_not_zeros(tmp_path: Path):
    file = FeatureFile(9, 3, tmp_path)
    file.write(np.arange(5), np.ones((5, 3), dtype=np.float32))
    expected = rf"features on the disk of '{tmp_path}' ends 36 bytes early\. Run the same command again: it is written"
    with pytest.raises(Unavailable, match=expected):
        np.asarray(file)


def test_a_disk_that_fills_while_it_is_written_is_said(tmp_path: Path):
    class Full:
        def seek(self, place: int) -> None:
            assert place == 0

        def write(self, content: memoryview) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None: ...

    file = FeatureFile(9, 3, tmp_path)
    file._scratch._file.close()
    file._scratch._file = Full()
    expected = rf"cannot be written to the disk of '{tmp_path}': no space left on device\. Free some space, or set HEAD"
    with pytest.raises(Unavailable, match=expected):
        file.write(np.arange(5), np.ones((5, 3), dtype=np.float32))
