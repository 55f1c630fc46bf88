from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from headstart.core.progress import Silent
from headstart.engine import activations
from headstart.engine.activations import Activations, Unwritable
from tests.listening import Listener


def parts(count: int = 6) -> list[dict[str, torch.Tensor]]:
    """Texts of 1 to ``count`` tokens, pictures whose channels come last in memory, and one number each."""
    torch.manual_seed(0)
    return [
        {
            "hidden": torch.randn(number + 1, 3).to(torch.bfloat16),
            "picture": torch.randn(4, 5, 2).permute(2, 0, 1),
            "number": torch.tensor(number),
        }
        for number in range(count)
    ]


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(
        torch.equal(one[name], other[name]) and one[name].dtype == other[name].dtype for name in one
    )


@pytest.mark.parametrize("on_disk", [False, True])
def test_items_come_back_bit_for_bit_in_any_order_and_as_they_lay_in_memory(tmp_path: Path, on_disk: bool):
    given, kept = parts(), Activations(8, tmp_path / "a" if on_disk else None, Silent())
    kept.add(np.array([4, 0, 6]), given[:3])
    kept.add(np.array([1, 2, 3]), given[3:])
    assert kept.holds(np.array([0, 1, 2, 3, 4, 6]))
    assert not kept.holds(np.array([0, 5]))
    taken = kept.take(np.array([3, 4, 4, 0]))
    assert [same(one, given[number]) for one, number in zip(taken, (5, 0, 0, 1), strict=True)] == [True] * 4
    assert taken[0]["picture"].stride() == given[5]["picture"].stride()


def test_padding_and_widening_take_no_room(tmp_path: Path):
    Activations(6, tmp_path, Silent()).add(np.arange(6), [{"hidden": part["hidden"]} for part in parts()])
    with safe_open(next(tmp_path.iterdir()), framework="pt") as file:
        assert file.get_tensor("values hidden").nbytes == 2 * 3 * sum(range(1, 7))


def test_what_was_written_is_found_again(tmp_path: Path):
    given = parts()
    Activations(6, tmp_path, Silent()).add(np.array([1, 5]), given[:2])
    found = Activations(6, tmp_path, Silent())
    assert [found.holds(np.array([number])) for number in range(6)] == [False, True, False, False, False, True]
    assert same(found.take(np.array([5]))[0], given[1])


@pytest.mark.parametrize("content", [b"", b"\x10\x00", None], ids=["empty", "no header", "cut short"])
def test_a_damaged_shard_is_named_removed_and_missing(tmp_path: Path, content: bytes | None):
    Activations(6, tmp_path, Silent()).add(np.array([1, 5]), parts()[:2])
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-8] if content is None else content)
    heard = Listener()
    assert not Activations(6, tmp_path, heard).holds(np.array([1]))
    assert heard.said == [f"The stored activations in '{path}' are damaged; they are removed and computed again."]
    assert not path.exists()


def test_a_shard_of_items_that_there_are_not_is_damaged(tmp_path: Path):
    Activations(6, tmp_path, Silent()).add(np.array([1, 5]), parts()[:2])
    heard = Listener()
    assert not Activations(5, tmp_path, heard).holds(np.array([1]))
    assert "are damaged; they are removed and computed again." in heard.said[0]
    assert not list(tmp_path.iterdir())


def test_a_shard_that_cannot_be_read_just_now_is_named_and_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    Activations(6, tmp_path, Silent()).add(np.array([1, 5]), parts()[:2])
    (path,) = tmp_path.iterdir()

    def busy(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    heard = Listener()
    with monkeypatch.context() as patch:
        patch.setattr(activations, "safe_open", busy)
        assert not Activations(6, tmp_path, heard).holds(np.array([1]))
    assert heard.said == [
        f"The stored activations in '{path}' cannot be read ([Errno 24] Too many open files); they are computed again."
    ]
    assert Activations(6, tmp_path, Silent()).holds(np.array([1]))


def test_a_disk_that_takes_no_more_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    kept = Activations(6, tmp_path, Silent())
    monkeypatch.setattr(activations, "write_atomically", full)
    with pytest.raises(Unwritable, match=r"Activations cannot be written to '.*': no space left on device\."):
        kept.add(np.array([0]), parts()[:1])
    assert not kept.holds(np.array([0]))
