from pathlib import Path

import pytest

from headstart.demo._whole import appearing


def test_what_is_made_appears_when_the_block_is_done(tmp_path: Path):
    target = tmp_path / "deep" / "folder"
    with appearing(target) as making:
        assert not making.exists()
        making.mkdir()
        (making / "a").write_bytes(b"1")
        assert not target.exists()
    assert (target / "a").read_bytes() == b"1"
    assert list(target.parent.iterdir()) == [target]


def test_a_block_that_fails_leaves_nothing(tmp_path: Path):
    def stopped() -> None:
        with appearing(tmp_path / "folder") as making:
            making.mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert list(tmp_path.iterdir()) == []


def test_what_a_faster_process_made_stays(tmp_path: Path):
    target = tmp_path / "folder"
    with appearing(target) as slow:
        slow.mkdir()
        (slow / "a").write_bytes(b"slow")
        with appearing(target) as fast:
            fast.mkdir()
            (fast / "a").write_bytes(b"fast")
    assert (target / "a").read_bytes() == b"fast"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_takes_the_place_of_a_damaged_one(tmp_path: Path):
    target = tmp_path / "file"
    target.write_bytes(b"torn")
    with appearing(target) as making:
        making.write_bytes(b"whole")
    assert target.read_bytes() == b"whole"


def test_what_cannot_be_moved_is_an_error(tmp_path: Path):
    with pytest.raises(FileNotFoundError), appearing(tmp_path / "folder") as making:
        assert not making.exists()  # and nothing is made
    assert list(tmp_path.iterdir()) == []
