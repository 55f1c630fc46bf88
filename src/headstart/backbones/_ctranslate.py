"""Reading the weights of a Whisper encoder out of a CTranslate2 ``model.bin``; nothing is executed.

The file is: a version, the name and version of the model's kind, then variables one after another, each with its name,
shape, type and values; integers are little-endian, names carry their length (two bytes) and end in a zero byte.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.core.errors import Unavailable

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

TYPES = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}
"""CTranslate2's numbers for what values are stored as."""
DENSE = (("self_attention/linear_1", "self_attn.out_proj"), ("ffn/linear_0", "fc1"), ("ffn/linear_1", "fc2"))
NORMS = (("self_attention/layer_norm", "self_attn_layer_norm"), ("ffn/layer_norm", "final_layer_norm"))


def variables(path: Path) -> dict[str, NDArray[np.generic]]:
    """Every variable by name.

    Raises:
        Unavailable: the file ends early, or holds values of a type that is not known.
    """
    try:
        return dict(_variables(path.read_bytes()))
    except (struct.error, KeyError, ValueError, UnicodeDecodeError) as error:
        raise Unavailable(f"{path} is no CTranslate2 model, or is damaged ({error}).") from error


def _variables(raw: bytes) -> Iterator[tuple[str, Any]]:
    import numpy as np

    place = 0

    def number(kind: str) -> int:
        nonlocal place
        (value,) = struct.unpack_from(f"<{kind}", raw, place)
        place += struct.calcsize(f"<{kind}")
        return value

    def text() -> str:
        nonlocal place
        length = number("H")
        found = raw[place : place + length - 1].decode()
        place += length
        return found

    _version, _kind, _revision = number("I"), text(), number("I")
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        kind, size = np.dtype(TYPES[number("B")]), number("I")
        yield name, np.frombuffer(raw, kind, size // kind.itemsize, place).reshape(shape)
        place += size


def whisper_encoder(path: Path) -> dict[str, torch.Tensor]:
    """Weights of transformers' ``WhisperEncoder`` by name, in float32.

    Queries, keys and values lie in one matrix; Whisper's keys have no bias, and the file holds zeros for it.

    Raises:
        Unavailable: see `variables`; or the model is no Whisper.
    """
    import numpy as np
    import torch

    found = variables(path)

    def tensor(name: str) -> torch.Tensor:
        if name not in found:
            raise Unavailable(f"{path} holds no '{name}', so it is no Whisper model.")
        if found[name].dtype.kind != "f":
            raise Unavailable(f"{path} holds '{name}' in {found[name].dtype}; quantised weights are not read.")
        return torch.from_numpy(np.array(found[name], dtype=np.float32))

    weights = {"embed_positions.weight": tensor("encoder/position_encodings/encodings")}

    def norm(source: str, target: str) -> None:
        weights[f"{target}.weight"], weights[f"{target}.bias"] = tensor(f"{source}/gamma"), tensor(f"{source}/beta")

    def dense(source: str, target: str) -> None:
        weights[f"{target}.weight"], weights[f"{target}.bias"] = tensor(f"{source}/weight"), tensor(f"{source}/bias")

    norm("encoder/layer_norm", "layer_norm")
    for name in ("conv1", "conv2"):
        dense(f"encoder/{name}", name)
    count = len({name.split("/")[1] for name in found if name.startswith("encoder/layer_") and name.count("/") > 2})
    for number in range(count):
        source, target = f"encoder/layer_{number}", f"layers.{number}"
        for ours, theirs in NORMS:
            norm(f"{source}/{ours}", f"{target}.{theirs}")
        for ours, theirs in DENSE:
            dense(f"{source}/{ours}", f"{target}.{theirs}")
        matrix, bias = (tensor(f"{source}/self_attention/linear_0/{part}") for part in ("weight", "bias"))
        for letter, part, shift in zip("qkv", matrix.chunk(3), bias.chunk(3), strict=True):
            weights[f"{target}.self_attn.{letter}_proj.weight"] = part.contiguous()
            if letter != "k":
                weights[f"{target}.self_attn.{letter}_proj.bias"] = shift.contiguous()
    return weights
