from __future__ import annotations

import hashlib

import numpy as np

from headstart.engine.digests import BYTES, Digests, as_keys, at, keys, smallest

NAMES = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(20)]


def test_digests_are_the_texts_they_were_made_of():
    digests = Digests.of([NAMES[:7], NAMES[7:]])
    assert len(digests) == 20
    assert list(digests) == [name[: 2 * BYTES] for name in NAMES]
    assert list(digests[3:5]) == [name[: 2 * BYTES] for name in NAMES[3:5]]
    assert digests.raw.shape == (20, BYTES)


def test_of_nothing_there_are_none():
    assert len(Digests.of([])) == 0
    assert len(keys([])) == 0


def test_some_are_taken_in_any_order_from_either_kind():
    positions = np.array([4, 0, 4])
    taken = at(NAMES, positions)
    assert taken == [NAMES[4], NAMES[0], NAMES[4]]
    assert list(at(Digests.of([NAMES]), positions)) == [name[: 2 * BYTES] for name in taken]


def test_keys_order_as_the_texts_do_also_where_bytes_are_zero():
    names = [*NAMES, "00" * 32, "ab" + "00" * 31, "ab" + "00" * (BYTES - 2) + "01" + "00" * (32 - BYTES)]
    order = np.argsort(keys(names), kind="stable")
    assert [names[position] for position in order] == sorted(names)
    assert smallest(Digests.of([names]), 3).tolist() == smallest(names, 3).tolist() == order[:3].tolist()


def test_digests_held_in_full_have_the_keys_of_those_that_are_not():
    full = np.frombuffer(bytes.fromhex("".join(NAMES)), dtype=np.uint8).reshape(-1, 32)
    np.testing.assert_array_equal(as_keys(full), keys(NAMES))
    np.testing.assert_array_equal(as_keys(full), keys(Digests.of([NAMES])))
