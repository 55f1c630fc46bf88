from __future__ import annotations

import numpy as np
import pytest
import torch

from headstart.core.errors import UserError
from headstart.strategies import domain_coral
from headstart.strategies.domain_coral import DomainCoral
from tests.strategies.steps import seen, start

DOMAINS = np.repeat([2, 5, 6], 4)


def penalty(features: torch.Tensor, rows: list[int], **known: object) -> torch.Tensor:
    width = np.random.default_rng(0).normal(scale=3.0, size=(12, features.shape[1]))
    given = DomainCoral(weight=0.5).penalty(start(domains=DOMAINS, features=width, targets=np.arange(12) % 2))
    unit = np.sqrt(width.var(axis=0).mean())
    return given.loss(seen(features * unit, rows=torch.tensor(rows), **known))


def test_it_is_the_mean_over_pairs_of_what_means_and_covariances_differ_by():
    random = np.random.default_rng(1)
    rows = random.normal(size=(9, 5))
    sides = rows[:3], rows[3:5], rows[5:]
    expected = []
    for one, other in ((0, 1), (0, 2), (1, 2)):
        means = sides[one].mean(axis=0) - sides[other].mean(axis=0)
        covariances = np.cov(sides[one].T) - np.cov(sides[other].T)
        expected.append((means**2).mean() + (covariances**2).mean())
    found = penalty(torch.from_numpy(rows), [0, 1, 2, 4, 5, 8, 9, 10, 11])
    assert found.item() == pytest.approx(0.5 * np.mean(expected), rel=1e-5)


def test_it_is_nothing_where_domains_are_alike():
    rows = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    assert penalty(torch.cat([rows, rows]), [0, 1, 2, 3, 4, 5, 6, 7]).item() == pytest.approx(0.0, abs=1e-10)


def test_domains_of_one_item_have_no_covariance_and_are_left_out():
    random = torch.Generator().manual_seed(0)
    rows = torch.randn(5, 5, generator=random)
    both = penalty(rows[:4], [0, 1, 4, 5])
    assert both.item() > 0
    assert penalty(rows, [0, 1, 4, 5, 8]).item() == pytest.approx(both.item())
    alone = rows[:3].clone().requires_grad_()
    found = penalty(alone, [0, 1, 8])
    found.backward()
    assert found.item() == 0.0
    assert not alone.grad.any()


def test_blended_items_count_for_both_domains_in_part():
    torch.manual_seed(0)
    rows = torch.randn(4, 5, dtype=torch.float64)
    found = penalty(rows, [0, 1, 4, 5], partner=torch.tensor([2, 3, 0, 1]), share=0.8)
    shares = np.array([0.8, 0.8, 0.2, 0.2])
    moments = [
        (np.average(rows, axis=0, weights=own), np.cov(rows.numpy().T, aweights=own)) for own in (shares, 1 - shares)
    ]
    apart = ((moments[0][0] - moments[1][0]) ** 2).mean() + ((moments[0][1] - moments[1][1]) ** 2).mean()
    assert found.item() == pytest.approx(0.5 * apart, rel=1e-5)


def test_its_gradient_is_that_of_finite_differences():
    torch.manual_seed(0)
    rows = torch.randn(6, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda given: penalty(given, [0, 1, 4, 5, 8, 9]), rows)


def test_data_without_domains_are_refused():
    with pytest.raises(UserError, match="the data name none"):
        DomainCoral().penalty(start(domains=None))


def test_of_many_items_the_spread_is_that_of_some_from_first_to_last(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(domain_coral, "MOST", 3)
    width = np.random.default_rng(0).normal(scale=np.linspace(1, 9, 12)[:, None], size=(12, 5))
    rows = torch.randn(8, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    places = torch.arange(8)
    given = DomainCoral().penalty(start(domains=DOMAINS, features=width, targets=np.arange(12) % 2))
    unit = float(np.sqrt(width[[0, 5, 11]].var(axis=0).mean()))
    monkeypatch.undo()
    # With a spread of one, nothing is scaled: the same penalty of features that are scaled by hand.
    alone = np.random.default_rng(1).normal(size=(12, 5))
    alone /= np.sqrt(alone.var(axis=0).mean())
    plain = DomainCoral().penalty(start(domains=DOMAINS, features=alone, targets=np.arange(12) % 2))
    assert given.loss(seen(rows * unit, rows=places)).item() == pytest.approx(
        plain.loss(seen(rows, rows=places)).item(), rel=1e-5
    )
