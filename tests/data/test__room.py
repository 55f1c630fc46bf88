import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from headstart.data._room import Room


def test_no_more_is_let_in_than_there_is_room_for():
    room, lock = Room(10), threading.Lock()
    inside: list[int] = []
    seen: list[int] = []

    def enter(pixels: int) -> None:
        with room.of(pixels):
            with lock:
                inside.append(pixels)
                seen.append(sum(inside))
            time.sleep(0.001)
            with lock:
                inside.remove(pixels)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(enter, [1, 4, 6, 3, 9, 2, 10, 5] * 5))
    assert len(seen) == 40
    assert max(seen) <= 10


def test_what_is_larger_than_the_room_has_it_alone():
    room, entered = Room(10), threading.Event()

    def enter() -> None:
        with room.of(1):
            entered.set()

    waiting = threading.Thread(target=enter)
    with room.of(1000):
        waiting.start()
        assert not entered.wait(0.05)
    waiting.join(timeout=10)
    assert entered.is_set()


def test_a_failure_leaves_the_room_free():
    room = Room(10)
    with pytest.raises(ValueError, match="damaged"), room.of(10):
        raise ValueError("damaged")
    with room.of(10):
        pass
