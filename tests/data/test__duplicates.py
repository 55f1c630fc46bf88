import numpy as np

from headstart.data._duplicates import join, numbered, tie_images, tie_texts
from headstart.data._finding import Finding
from headstart.data._looks import look


def test_numbers_follow_first_appearance():
    assert numbered(["b", "a", "b", None]).tolist() == [0, 1, 0, 2]


def test_join_is_the_transitive_closure():
    a, b = numbered([0, 0, 1, 2, 3]), numbered([0, 1, 1, 2, 3])
    joined = join(a, b)
    assert joined[0] == joined[1] == joined[2]
    assert len(set(joined.tolist())) == 3
    assert len(set(join(a).tolist())) == 4


def test_join_equals_brute_force():
    random = np.random.default_rng(0)
    for _ in range(20):
        groupings = [random.integers(0, 12, 25) for _ in range(2)]
        joined = join(*groupings)
        tied = np.eye(25, dtype=bool)
        for grouping in groupings:
            tied |= grouping[:, None] == grouping[None, :]
        for _ in range(25):
            tied = (tied.astype(int) @ tied.astype(int)) > 0
        assert np.array_equal(tied, joined[:, None] == joined[None, :])


def test_texts_are_tied_by_bytes_and_by_form():
    texts = ["A fine day.", "a fine day", "A fine day.", "another day"]
    ties = tie_texts([Finding(digest=text) for text in texts], texts)
    assert ties.exact.tolist() == [0, 1, 0, 2]
    assert numbered(ties.near.tolist()).tolist() == [0, 0, 0, 1]


def test_images_are_tied_by_bytes_pixels_and_looks(picture):
    def finding(digest: str, pixels: str, seed: int) -> Finding:
        image = picture(seed, size=(200, 160))
        return Finding(digest=digest, pixels=pixels, size=image.size, look=look(image))

    findings = [
        finding("a", "1", 0),
        finding("a", "1", 0),
        finding("b", "1", 0),
        finding("c", "2", 0),
        finding("d", "3", 1),
    ]
    ties = tie_images(findings)
    assert ties.bytes.tolist() == [0, 0, 1, 2, 3]
    assert numbered(ties.exact.tolist()).tolist() == [0, 0, 0, 1, 2]
    assert numbered(ties.near.tolist()).tolist() == [0, 0, 0, 0, 1]
