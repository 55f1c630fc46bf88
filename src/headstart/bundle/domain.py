"""The domain reference of a model on disk: ``domain.safetensors`` beside its card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headstart.core.domain_reference import DomainReference, Kept
from headstart.core.errors import Unavailable

FILE = "domain.safetensors"
NAMES = "looks"
"""Key of the metadata with the names of properties, a JSON list."""


def write_reference(folder: Path, reference: DomainReference) -> None:
    """Into the model folder ``folder``; the card says whose items they are."""
    from safetensors.numpy import save_file

    names = list(reference.looks[0]) if reference.looks else []
    arrays = {
        "features": np.ascontiguousarray(reference.features),
        "predicted": reference.predicted.astype(np.int64),
        "looks": np.array([[each[name] for name in names] for each in reference.looks], dtype=np.float64),
    }
    if reference.targets is not None:
        arrays["targets"] = reference.targets.astype(np.int64)
    save_file(arrays, folder / FILE, metadata={NAMES: json.dumps(names)})


def read_reference(folder: Path, of: Kept, *, classes: int, width: int | None = None) -> DomainReference:
    """The reference in ``folder`` of a model with so many ``classes`` and ``width`` features (None: as it says).

    Raises:
        Unavailable: it is missing or damaged.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / FILE
    try:
        with safe_open(path, framework="numpy") as file:
            names = json.loads((file.metadata() or {}).get(NAMES, "[]"))
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (it is no mapping)
    except FileNotFoundError as error:
        raise _damaged(path, "it is missing") from error
    except (OSError, ValueError, SafetensorError) as error:
        raise _damaged(path, str(error)) from error
    _check(path, arrays, names, classes, width)
    return DomainReference(
        of=of,
        features=arrays["features"],
        predicted=arrays["predicted"],
        targets=arrays.get("targets"),
        looks=tuple(dict(zip(names, row.tolist(), strict=True)) for row in arrays["looks"]),
    )


def _check(
    path: Path, arrays: Mapping[str, NDArray[np.generic]], names: object, classes: int, width: int | None
) -> None:
    """Refuse arrays that do not go together, or not with the model."""
    features = arrays["features"] if "features" in arrays else np.empty((0, 0))
    count, named = len(features), len(names) if isinstance(names, list) else -1
    wide = features.shape[-1] if width is None else width
    shapes = {"features": (count, wide), "predicted": (count,), "targets": (count,)}
    wrong = [name for name in ("features", "predicted", "looks") if name not in arrays]
    wrong += [name for name, shape in shapes.items() if name in arrays and arrays[name].shape != shape]
    wrong += [
        name
        for name in ("predicted", "targets")
        if name in arrays and not np.isin(arrays[name], np.arange(classes)).all()
    ]
    looks = arrays.get("looks")
    if looks is not None and (looks.ndim != 2 or len(looks) > count or looks.shape[1] != named or not looks.size):
        wrong.append("looks")
    if wrong or count == 0:
        raise _damaged(path, f"it does not fit the model: {', '.join(dict.fromkeys(wrong)) or 'it is empty'}")


def _damaged(path: Path, reason: str) -> Unavailable:
    return Unavailable(f"'{path}' is damaged: {reason}. Run the command that made the run again to rebuild it.")
