"""The two files a fitted baseline is: what it knows as JSON, its numbers as safetensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from headstart.core.errors import Unavailable

RECORD, NUMBERS = "baseline.json", "baseline.safetensors"


def write(folder: Path, record: Mapping[str, Any], numbers: Mapping[str, NDArray[Any]]) -> None:
    """Write both files into ``folder``, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(array) for name, array in numbers.items()}, folder / NUMBERS)
    (folder / RECORD).write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read(folder: Path, kind: str, shapes: Mapping[str, int]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Record and numbers that ``write`` left for a baseline of this ``kind``.

    ``shapes`` gives the number of dimensions of each array that must be there.

    Raises:
        Unavailable: a file is missing or damaged, or belongs to another kind of baseline.
    """
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except OSError as error:
        raise Unavailable(
            f"The baseline in '{folder}' cannot be read: {RECORD} is missing or closed to you."
        ) from error
    except ValueError as error:
        raise Unavailable(f"{folder / RECORD} is damaged: it is not JSON. Save the baseline again.") from error
    found = record.get("baseline") if isinstance(record, dict) else None
    if found != kind:
        raise Unavailable(f"{folder / RECORD} describes a baseline of kind '{found}', expected '{kind}'.")
    try:
        numbers = load_file(folder / NUMBERS)
    except (OSError, SafetensorError) as error:
        raise Unavailable(f"{folder / NUMBERS} is missing or damaged. Save the baseline again.") from error
    wrong = [name for name, dimensions in shapes.items() if name not in numbers or numbers[name].ndim != dimensions]
    if wrong:
        raise Unavailable(f"{folder / NUMBERS} is damaged: {', '.join(wrong)} is missing or has the wrong shape.")
    return record, numbers
