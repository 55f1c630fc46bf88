from __future__ import annotations

import numpy as np
import pytest
import torch

from headstart.core.errors import UserError
from headstart.strategies._domains import domains_of, shares_of
from tests.strategies.steps import seen, start


def test_domains_are_told_by_a_one():
    found = domains_of(start(domains=np.array([7, 2, 7, 9])))
    assert found.tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    with pytest.raises(UserError, match="learns from several domains, and the data name none: say which with --domain"):
        domains_of(start(domains=None))


def test_a_batch_has_those_of_its_items():
    domains = torch.eye(3)
    plain = shares_of(domains, seen(torch.zeros(2, 8, dtype=torch.float64), rows=torch.tensor([2, 0])))
    assert plain.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert plain.dtype == torch.float64
    step = seen(torch.zeros(2, 8), rows=torch.tensor([2, 0]), partner=torch.tensor([1, 0]), share=0.75)
    assert shares_of(domains, step).tolist() == [[0.25, 0, 0.75], [0.75, 0, 0.25]]
