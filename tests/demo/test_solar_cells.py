import random

import pytest

from headstart.core.errors import UserError
from headstart.core.progress import Silent
from headstart.demo import solar_cells

ROWS = [
    (f"images/cell{n:04}.png", ("0.0", "0.3333333333333333", "0.6666666666666666", "1.0")[n % 4]) for n in range(20)
]


@pytest.fixture
def published(publish):
    table = "".join(f"{path}  {probability}                 mono\n" for path, probability in ROWS)
    files = {f"elpv_dataset/data/{path}": path.encode() for path, _ in ROWS}
    publish(solar_cells, {solar_cells.LABELS: table.encode(), **files})


def test_cells_are_dealt_out_in_shuffled_order_by_class(published):
    folder = solar_cells.prepare(train=6, test=8, seed=3, progress=Silent())
    rows = list(ROWS)
    random.Random(3).shuffle(rows)
    expected = {
        f"{'train' if place < 6 else 'test'}/{'defective' if float(p) >= 0.5 else 'functional'}/{path[7:]}"
        for place, (path, p) in enumerate(rows[:14])
    }
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")} == expected
    assert all(path.read_bytes() == f"images/{path.name}".encode() for path in folder.rglob("*.png"))


def test_sizes_and_seeds_have_folders_of_their_own(published):
    folders = {
        solar_cells.prepare(train=train, test=4, seed=seed, progress=Silent()) for train in (4, 5) for seed in (0, 1)
    }
    assert len(folders) == 4
    assert {folder.name for folder in folders} == {"solar_cells"}


@pytest.mark.parametrize(("train", "test"), [(0, 5), (5, 0), (2000, 800)])
def test_more_cells_than_there_are_are_refused(train, test):
    with pytest.raises(UserError, match=rf"Asked for {train} training and {test} test cells; .*at most 2,624 together"):
        solar_cells.prepare(train=train, test=test, progress=Silent())


@pytest.mark.real
def test_the_real_package_is_the_pinned_one():
    folder = solar_cells.prepare(train=400, test=800, seed=0, progress=Silent())
    counts = {
        f"{part}/{label}": len(list((folder / part / label).iterdir()))
        for part in ("train", "test")
        for label in ("defective", "functional")
    }
    assert counts == {"train/defective": 134, "train/functional": 266, "test/defective": 244, "test/functional": 556}
