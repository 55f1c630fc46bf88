from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from headstart.catalog import domains, validators
from headstart.core.alignment import CONSENSUS, OWN, OWN_CONSENSUS, SOURCE_ONLY, Alignment
from headstart.core.backbone import LinearHead
from headstart.core.domain import FeatureMethod
from headstart.core.errors import UserError
from headstart.core.progress import Progress, Silent
from headstart.engine import align as module
from headstart.engine.align import Means, Source, decided, level, mean_head, tried_out
from tests.domains.pairs import fit, items, right, shifted

METHODS = {name: each for name, each in domains.create().items() if isinstance(each, FeatureMethod)}
CANDIDATES = [name for name, each in METHODS.items() if each.candidate]


def means(asked: str | None = None, *names: str) -> Means:
    chosen = {name: METHODS[name] for name in names or CANDIDATES}
    return Means(methods=chosen, validators=validators.create(), fit=fit, asked=asked)  # type: ignore[arg-type]


def align(
    source: Source, target: np.ndarray, means: Means, *, seed: int, progress: Progress
) -> tuple[dict[str, LinearHead], Alignment]:
    tried = tried_out(source, target, means, seed=seed, progress=progress)
    return {name: tried.head(name) for name in tried.ways}, decided(tried, means, seed=seed)


def source_and_target(seed: int = 0) -> tuple[Source, np.ndarray, np.ndarray]:
    pair, hidden = shifted(150, 120, seed, apart=4.0)
    source = Source(features=pair.source, targets=pair.labels, groups=np.arange(150), outputs=3)
    return source, pair.target, hidden


def test_a_shift_is_crossed():
    source, target, hidden = source_and_target()
    heads, found = align(source, target, means(), seed=0, progress=Silent())
    head = heads[found.taken]
    assert (found.taken, found.reason) == (CONSENSUS, "agreed")
    plain = fit(source.features, np.eye(3)[source.targets])
    assert right(head, target, hidden) > right(plain, target, hidden)
    assert [row.method for row in found.rows] == [SOURCE_ONLY, *CANDIDATES, CONSENSUS]
    assert set(found.rows[0].values) == set(validators.names())
    assert found.rows[0].changed == 0.0
    for row in found.rows:
        assert sum(row.predicted) == pytest.approx(1.0)
    assert (found.source, found.target) == (150, 120)


def test_without_a_shift_the_head_is_kept():
    source, _, _ = source_and_target()
    other, _ = items(120, 7, apart=4.0)
    heads, found = align(source, other, means(None, "coral", "linear_ot"), seed=0, progress=Silent())
    assert list(heads) == [SOURCE_ONLY, "coral", "linear_ot"]
    assert (found.taken, found.reason) == (SOURCE_ONLY, "same domain")


def test_a_method_by_name():
    source, target, _ = source_and_target()
    heads, found = align(source, target, means("coral", "coral"), seed=0, progress=Silent())
    assert list(heads) == [SOURCE_ONLY, "coral"]
    assert (found.taken, found.reason) == ("coral", "asked for")
    assert [row.method for row in found.rows] == [SOURCE_ONLY, "coral"]


def test_equal_seeds_give_equal_heads_and_others_look_at_other_items(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST", 60)
    monkeypatch.setattr(module, "JUDGED", 40)
    source, target, _ = source_and_target()
    tried = [align(source, target, means("coral", "coral"), seed=seed, progress=Silent())[0] for seed in (0, 0, 1)]
    heads = [each["coral"] for each in tried]
    np.testing.assert_array_equal(heads[0].weight, heads[1].weight)
    assert not np.allclose(heads[0].weight, heads[2].weight)


def test_labels_of_the_target_cannot_reach_a_method():
    """Whatever they are: nothing takes them, and features are all that is handed on."""
    source, target, _ = source_and_target()
    with pytest.raises(TypeError, match="positional argument"):
        tried_out(source, target, np.zeros(len(target)), means(), seed=0, progress=Silent())  # type: ignore[misc]


def test_too_few_items_of_the_target_are_told():
    source, target, _ = source_and_target()
    with pytest.raises(UserError, match="takes 10 independent items of each at least"):
        align(source, target[:5], means("coral", "coral"), seed=0, progress=Silent())


def test_a_mean_of_heads_by_hand():
    first = LinearHead(weight=np.array([[1.0], [3.0]]), bias=np.array([0.0, 2.0]))
    second = LinearHead(weight=np.array([[5.0], [5.0]]), bias=np.array([4.0, 0.0]))
    found = mean_head([level(first), level(second)])
    np.testing.assert_allclose(found.weight, [[-0.5], [0.5]])
    np.testing.assert_allclose(found.bias, [0.5, -0.5])


def test_the_consensus_is_the_mean_of_the_source_and_the_candidates():
    source, target, _ = source_and_target()
    tried = tried_out(source, target, means(None, "coral", "jdot", "shot_im"), seed=0, progress=Silent())
    parts = [tried.head(name) for name in (SOURCE_ONLY, "jdot", "shot_im")]
    np.testing.assert_allclose(tried.head(CONSENSUS).weight, mean_head(parts).weight, atol=1e-9)
    assert METHODS["coral"].candidate is False


def test_what_came_of_other_features_of_the_same_items_stands_beside():
    """With heads for those features, and judged by them."""
    source, target, hidden = source_and_target()
    alone = tried_out(source, target, means(), seed=0, progress=Silent())
    other = replace(source, features=3.0 * source.features + 1.0)
    own = tried_out(other, 3.0 * target + 1.0, means(), seed=0, progress=Silent())
    both = alone.beside(own)
    assert list(both.ways) == [*alone.ways, OWN, OWN_CONSENSUS]
    assert [both.ways[name].name for name in (OWN, OWN_CONSENSUS)] == [OWN, OWN_CONSENSUS]
    np.testing.assert_allclose(
        both.head(OWN).logits(3.0 * target + 1.0), both.head(SOURCE_ONLY).logits(target), atol=1e-6
    )
    found = decided(both, means(), seed=0)
    assert [row.method for row in found.rows] == list(both.ways)
    assert right(both.head(OWN_CONSENSUS), 3.0 * target + 1.0, hidden) > 0.8
