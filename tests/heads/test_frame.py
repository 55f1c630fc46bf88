"""Coordinates keep geometry and fold back into heads on raw features."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from headstart.core.backbone import LinearHead
from headstart.heads.frame import Frame


@pytest.mark.parametrize(("items", "width"), [(8, 20), (30, 6)])
@pytest.mark.parametrize("floor", [0.0, None])
def test_inner_products_and_heads_survive(items, width, floor):
    features = np.random.default_rng(0).normal(size=(items, width)) + 1.0
    frame, rows = Frame.of(features, floor=floor)
    np.testing.assert_allclose(frame.apply(features), rows, atol=1e-9)
    plain = frame.standardiser.apply(features) if frame.standardiser else features
    np.testing.assert_allclose(rows @ rows.T, plain @ plain.T, atol=1e-9)
    head = LinearHead(weight=np.random.default_rng(1).normal(size=(3, rows.shape[1])), bias=np.arange(3.0))
    np.testing.assert_allclose(frame.fold(head).logits(features), head.logits(rows), atol=1e-9)


def test_sparse_rows_get_the_same_coordinates():
    features = np.random.default_rng(0).normal(size=(8, 20)) * (np.random.default_rng(1).random((8, 20)) < 0.3)
    (_, sparse), (_, dense) = (Frame.of(given, floor=None) for given in (csr_array(features), features))
    np.testing.assert_allclose(np.abs(sparse), np.abs(dense), atol=1e-8)


def test_refitted_learns_from_the_rows_it_is_given():
    features = np.random.default_rng(0).normal(size=(30, 6))
    part, rows = Frame.of(features, floor=0.0)[0].refitted(features[:20])
    np.testing.assert_allclose(np.asarray(rows).mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(part.apply(features[:20]), rows, atol=1e-12)
    unscaled, _ = Frame.of(features, floor=None)
    assert unscaled.refitted(features[:20])[0] is unscaled


def test_rounding_errors_of_the_gram_matrix_are_no_coordinates():
    """Centred rows have one null direction; taken for real it would be blown up by one over its root."""
    generator = np.random.default_rng(0)
    features = generator.normal(size=(80, 5)) @ generator.normal(size=(5, 1000)) * 100.0 + 1e3
    frame, rows = Frame.of(features, floor=0.1)
    assert np.shape(rows) == (80, 5)
    fresh = generator.normal(size=(10, 5)) @ generator.normal(size=(5, 1000)) * 100.0 + 1e3
    assert np.abs(frame.apply(fresh)).max() < 1e3
