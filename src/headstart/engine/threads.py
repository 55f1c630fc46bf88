"""How many threads the closed-form work uses."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache

from threadpoolctl import ThreadpoolController

LARGE = 20_000
"""Items from which matrix products are large enough for several threads to pay."""


@cache
def _pools() -> ThreadpoolController:
    return ThreadpoolController()


def modest_threads(items: int) -> AbstractContextManager[object]:
    """A context in which NumPy and SciPy use one thread each, unless there are many ``items``.

    A head on a few hundred features is hundreds of small products: a second thread makes them slower (measured: 1.5
    times on idle cores), and on a busy machine its spinning costs many times their work. PyTorch's threads are its
    own and are left as they are.
    """
    return nullcontext() if items >= LARGE else _pools().limit(limits=1, user_api="blas")
