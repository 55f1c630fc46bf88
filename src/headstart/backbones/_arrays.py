"""Arrays out of a pickle, which is let call nothing but what arrays are made of."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy._core.multiarray import _reconstruct

from headstart.core.errors import Unavailable

ALLOWED = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,  # as numpy wrote it before its second release
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
}


class _Arrays(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it calls {module}.{name}")
        return ALLOWED[module, name]


def pickled_arrays(path: Path) -> Any:
    """What ``path`` holds, made of arrays, lists, dictionaries, texts and numbers.

    Raises:
        Unavailable: it is damaged, or calls anything else than what makes arrays.
    """
    try:
        with path.open("rb") as file:
            return _Arrays(file).load()
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, LookupError, AttributeError, MemoryError) as error:
        raise Unavailable(f"{path.name} holds no arrays that can be read safely ({error}).") from error
