from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_info

from headstart.engine.threads import LARGE, modest_threads


def blas_threads() -> set[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_few_items_get_one_blas_thread_and_the_setting_is_put_back():
    before = blas_threads()
    with modest_threads(100):
        assert blas_threads() == {1}
    assert blas_threads() == before
    with modest_threads(LARGE):
        assert blas_threads() == before
