from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.backbones._text import TextPreprocess
from headstart.core.progress import Silent
from headstart.engine import features
from headstart.engine.arithmetic import SAMPLE, Arithmetic, Sample
from headstart.engine.features import Encoder, view_seed, weights_digest
from headstart.engine.items import Items
from tests.backbones.members import make
from tests.engine import toys
from tests.listening import Listener


@pytest.fixture
def backbone() -> toys.ToyBackbone:
    return toys.ToyBackbone(toys.info(), seed=0, size=toys.SIZE)


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)


def test_texts_travel_by_their_tokens_and_are_read_once(monkeypatch):
    """A text of a million characters, cut at a few tokens, leaves room for others beside it."""
    monkeypatch.setattr("headstart.engine.features.TOKENS", 60)
    backbone, read, sizes = make("bert"), [], []
    texts = ["a film " * 150_000, "good", "bad film", *(["a good film"] * 20)]
    items = Items(
        digests=[hashlib.sha256(f"{n}".encode()).hexdigest() for n in range(len(texts))],
        lengths=np.array([len(text) for text in texts]),
        read=lambda n, _=None: read.append(n) or texts[n],
    )
    collate = TextPreprocess.collate

    def recorded(self: TextPreprocess, ready: list[list[int]]) -> dict[str, torch.Tensor]:
        sizes.append([len(tokens) for tokens in ready])
        return collate(self, ready)

    monkeypatch.setattr(TextPreprocess, "collate", recorded)
    features = Encoder(backbone, None, Silent()).encode(items, "features").features
    tried = len(read) - len(texts)
    assert tried <= 3 * SAMPLE // 2  # to make it lean, to settle how to run it, to choose threads
    passed = sizes[next(at for at, batch in enumerate(sizes) if max(batch) > 4) :]
    assert all(max(batch) * len(batch) <= 60 or len(batch) == 1 for batch in passed)
    assert max(len(batch) for batch in passed) > 5
    for position in (0, 1, 5):
        alone = backbone.preprocess.collate([backbone.preprocess.item(texts[position])])
        with torch.inference_mode():
            assert np.allclose(features[position], backbone.encode(alone).numpy()[0], atol=1e-5)


def test_a_second_pass_reads_the_cache(tmp_path: Path, backbone: toys.ToyBackbone):
    items = toys.labelled().items
    first = Encoder(backbone, tmp_path, Silent()).encode(items, "features")
    second = Encoder(backbone, tmp_path, Silent()).encode(items, "features")
    assert (first.computed, second.computed) == (40, 0)
    assert np.array_equal(first.features, second.features)
    assert second.forward_seconds > 0


def test_one_changed_item_is_encoded_again_and_alone(tmp_path: Path, backbone: toys.ToyBackbone):
    data = toys.labelled()
    Encoder(backbone, tmp_path, Silent()).encode(data.items, "features")
    images = [data.items.read(n) for n in range(40)]
    images[7] = toys.picture(1, 999)
    assert Encoder(backbone, tmp_path, Silent()).encode(toys.items_of(images), "features").computed == 1


def test_features_equal_one_batch_in_evaluation_mode(backbone: toys.ToyBackbone):
    items = toys.labelled().items
    backbone.module.train()  # dropout on, BatchNorm by batch: the pass must not care
    features = Encoder(backbone, None, Silent()).encode(items, "features").features
    backbone.module.eval()
    batch = backbone.preprocess.collate([backbone.preprocess.item(items.read(n)) for n in range(40)])
    with torch.inference_mode():
        assert np.allclose(features, backbone.encode(batch).numpy(), atol=1e-6)


def test_other_weights_are_not_mixed_up(tmp_path: Path, backbone: toys.ToyBackbone):
    items = toys.labelled().items
    plain = Encoder(backbone, tmp_path, Silent()).encode(items, "features")
    other = Encoder(toys.ToyBackbone(toys.info(), seed=5, size=toys.SIZE), tmp_path, Silent()).encode(items, "f")
    assert other.computed == 40
    assert not np.allclose(plain.features, other.features)


def test_an_interrupted_pass_resumes_to_the_same_features(tmp_path: Path, backbone: toys.ToyBackbone, monkeypatch):
    monkeypatch.setattr("headstart.engine.features.settle", lambda *_: Arithmetic(batch=4))
    monkeypatch.setattr("headstart.engine.features.SHARD_SECONDS", 0.0)
    items = toys.labelled().items
    whole = Encoder(backbone, tmp_path / "whole", Silent()).encode(items, "features").features

    def failing(position: int, least_side: int | None = None, /) -> object:
        if position == 25:
            raise KeyboardInterrupt
        return items.read(position)

    broken = Items(digests=items.digests, lengths=items.lengths, read=failing)
    with pytest.raises(KeyboardInterrupt):
        Encoder(backbone, tmp_path / "broken", Silent()).encode(broken, "features")
    resumed = Encoder(backbone, tmp_path / "broken", Silent()).encode(items, "features")
    assert 0 < resumed.computed < 40
    assert np.array_equal(resumed.features, whole)


def test_what_is_settled_is_settled_once_whatever_is_left_to_encode(tmp_path: Path, backbone, monkeypatch):
    seen: list[tuple[int, list[object]]] = []

    def settling(exact: object, lean: object, sample: Sample, fast: torch.dtype) -> Arithmetic:
        seen.append((sample.total, sample.take(3)))
        return Arithmetic(batch=16 * len(seen))

    monkeypatch.setattr("headstart.engine.features.settle", settling)
    items = toys.labelled().items
    first, later = (Encoder(backbone, tmp_path, Silent()) for _ in range(2))
    first.encode(items.subset(np.arange(20)), "features")
    assert later.encode(items, "features").computed == 20
    assert len(seen) == 1
    turned = Encoder(backbone, None, Silent())
    turned.encode(items.subset(np.arange(20)[::-1]), "features")
    assert [total for total, _ in seen] == [20, 20]
    assert all(torch.equal(one, other) for one, other in zip(seen[0][1], seen[1][1], strict=True))


def test_it_is_said_when_the_fast_precision_is_not_used(backbone: toys.ToyBackbone, monkeypatch):
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.bfloat16)
    monkeypatch.setattr("headstart.engine.arithmetic.agree", lambda *_: False)
    progress = Listener()
    encoded = Encoder(backbone, None, progress).encode(toys.labelled().items, "features")
    assert encoded.precision == "float32"
    assert progress.said == ["toy:small runs in float32: bfloat16 is not precise enough or not faster."]


def test_another_body_is_run_like_the_first_unless_its_features_turn(backbone: toys.ToyBackbone, monkeypatch):
    monkeypatch.setattr("headstart.engine.features.settle", lambda *_: Arithmetic(dtype=torch.bfloat16, batch=16))
    items = toys.labelled().items
    encoder = Encoder(backbone, None, Silent())
    assert encoder.encode(items, "features").precision == "bfloat16"
    other = toys.ToyBackbone(toys.info(), seed=5, size=toys.SIZE)
    assert encoder.alike(other).encode(items, "features").precision == "bfloat16"
    monkeypatch.setattr("headstart.engine.arithmetic.agree", lambda *_: False)
    assert encoder.alike(other).encode(items, "features").precision == "float32"


def test_digests_depend_on_values_and_view_seeds_on_content():
    one, two = (toys.ToyBackbone(toys.info(), seed=s, size=16) for s in (0, 1))
    assert weights_digest(one) != weights_digest(two)
    assert weights_digest(one) == weights_digest(toys.ToyBackbone(toys.info(), seed=0, size=16))
    assert view_seed("ab", 0) == view_seed("ab", 0) != view_seed("ab", 1)


def test_what_another_library_computed_is_not_taken_for_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backbone: toys.ToyBackbone
):
    items, progress = toys.labelled(6).items, Silent()
    Encoder(backbone, tmp_path, progress).encode(items, "features")
    assert Encoder(backbone, tmp_path, progress).encode(items, "features").computed == 0
    known = features.versions()
    monkeypatch.setattr(features, "versions", lambda: {**known, "timm": "0.0.1"})
    assert Encoder(backbone, tmp_path, progress).encode(items, "features").computed == 6
