from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from headstart.data._load import load
from headstart.data._reduce import Header
from headstart.engine import items as module
from headstart.engine.items import Items, ahead, batches, in_turn, items_of, readers
from headstart.engine.pictures import Pictures
from tests import sounds
from tests.engine import toys


def test_batches_cover_every_item_once_and_keep_both_bounds():
    lengths = np.random.default_rng(0).integers(1, 200, size=301)
    groups = batches(lengths, most=16, budget=1000)
    assert np.array_equal(np.sort(np.concatenate(groups)), np.arange(301))
    assert all(len(group) <= 16 for group in groups)
    assert all(len(group) == 1 or len(group) * lengths[group].max() <= 1000 for group in groups)


def test_an_item_beyond_the_budget_travels_alone():
    groups = batches(np.array([5000, 3, 2]), most=8, budget=1000)
    assert [group.tolist() for group in groups] == [[0], [1, 2]]


@pytest.mark.parametrize("compute", [ahead, in_turn])
def test_work_keeps_its_order_and_passes_errors_on(compute: Callable):
    assert list(compute([lambda n=n: n * n for n in range(21)])) == [n * n for n in range(21)]
    with pytest.raises(ZeroDivisionError):
        list(compute([lambda: 1, lambda: 1 // 0, lambda: 2]))


def test_in_turn_nothing_is_computed_while_a_result_is_consumed():
    done = []
    for number, _ in enumerate(in_turn([lambda n=n: done.append(n) for n in range(9)], threads=3)):
        assert len(done) == 3 * (number // 3 + 1)


def test_subsets_and_decoded_items_read_lazily():
    read = []
    items = Items(
        digests=[f"{n:064x}" for n in range(5)],
        lengths=np.arange(5),
        read=lambda n, _=None: read.append(n) or f"item {n}",
    )
    part = items.subset(np.array([3, 1]))
    assert (len(part), part.digests[0][-1], part.lengths.tolist()) == (2, "3", [3, 1])
    assert not read
    decoded = part.decoded()
    assert (decoded[0], decoded[-1], decoded[:2], list(decoded)) == (
        "item 3", "item 1", ["item 3", "item 1"], ["item 3", "item 1"],
    )  # fmt: skip
    with pytest.raises(IndexError, match="there are 2 items, number 2 was asked for"):
        decoded[2]


def test_items_of_a_data_set_are_decoded_once_for_all_who_ask_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for number in range(4):
        place = tmp_path / "photos" / ("a", "b")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        toys.picture(number % 2, number).resize((640, 480)).save(place / f"{number}.jpg")
    data, decoded = load(tmp_path / "photos"), []
    read_picture = module.read_picture
    monkeypatch.setattr(module, "read_picture", lambda *given: decoded.append(given) or read_picture(*given))
    pictures = Pictures()
    items, again = (items_of(data, rows, pictures) for rows in (np.array([2, 0, 1]), np.array([1, 2])))
    for _ in range(2):
        assert [image.size for image in items.decoded(100)] == [(160, 120)] * 3
    assert again.subset(np.array([1])).read(0, 110) is items.read(0, 100)
    assert len(decoded) == 3
    assert items.read(0).size == (640, 480)
    assert len(decoded) == 4
    assert items.header is not None
    assert items.header(1) == Header((640, 480), jpeg=True)
    part = items.subset(np.array([1]))
    assert part.header is not None
    assert part.header(0) == Header((640, 480), jpeg=True)
    assert items.lengths.tolist() == [1, 1, 1]


def test_items_of_texts_have_lengths_and_no_header(tmp_path: Path):
    (tmp_path / "t.csv").write_text("text,label\ngood film,a\nbad,b\nvery good,a\nvery bad,b\n", encoding="utf-8")
    items = items_of(load(tmp_path / "t.csv"), np.array([1, 0]))
    assert (items.lengths.tolist(), items.header) == ([3, 9], None)
    assert list(items.decoded(512)) == ["bad", "good film"]


def test_readers_follow_the_cores_within_bounds(monkeypatch: pytest.MonkeyPatch):
    for there, expected in ((1, 2), (2, 2), (5, 5), (64, 8)):
        monkeypatch.setattr(module, "cores", lambda there=there: there)
        assert readers() == expected


def test_sounds_are_read_from_their_files_and_as_long_as_they_last(tmp_path: Path):
    data = load(sounds.folders(tmp_path, train=8, test=4))
    items = items_of(data, data.split.train)
    assert items.lengths.tolist() == [60] * 8
    clip = items.read(0)
    assert (clip.rate, len(clip.samples)) == (sounds.RATE, 4800)
    expected = sounds.glide(False, 0).samples
    np.testing.assert_allclose(clip.samples, expected, atol=1 / 32768)
