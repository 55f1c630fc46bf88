from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.backbones._ctranslate import DENSE, NORMS, variables, whisper_encoder
from headstart.core.errors import Unavailable
from tests.backbones.members import make


def text(value: str) -> bytes:
    return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"


def packed(arrays: dict[str, np.ndarray], kind: int = 0) -> bytes:
    raw = struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<I", 3) + struct.pack("<I", len(arrays))
    for name, array in arrays.items():
        values = array.astype("<f4" if kind == 0 else "<f2").tobytes()
        raw += text(name) + struct.pack("<B", array.ndim) + struct.pack(f"<{array.ndim}I", *array.shape)
        raw += struct.pack("<BI", kind, len(values)) + values
    return raw


def as_ctranslate(state: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    """A Whisper encoder's weights as CTranslate2 names and joins them."""
    found = {"encoder/position_encodings/encodings": state["embed_positions.weight"]}

    def put(ours: str, theirs: str, norm: bool = False) -> None:
        names = ("gamma", "beta") if norm else ("weight", "bias")
        found[f"{ours}/{names[0]}"], found[f"{ours}/{names[1]}"] = state[f"{theirs}.weight"], state[f"{theirs}.bias"]

    put("encoder/layer_norm", "layer_norm", norm=True)
    put("encoder/conv1", "conv1"), put("encoder/conv2", "conv2")
    for number in range(3):
        ours, theirs = f"encoder/layer_{number}", f"layers.{number}"
        for a, b in NORMS:
            put(f"{ours}/{a}", f"{theirs}.{b}", norm=True)
        for a, b in DENSE:
            put(f"{ours}/{a}", f"{theirs}.{b}")
        parts = [state[f"{theirs}.self_attn.{letter}_proj.weight"] for letter in "qkv"]
        biases = [state.get(f"{theirs}.self_attn.{letter}_proj.bias", torch.zeros(16)) for letter in "qkv"]
        found[f"{ours}/self_attention/linear_0/weight"] = torch.cat(parts)
        found[f"{ours}/self_attention/linear_0/bias"] = torch.cat(biases)
    return {name: tensor.numpy() for name, tensor in found.items()}


def test_a_packed_encoder_comes_back_name_by_name(tmp_path: Path):
    module = make("whisper").module
    path = tmp_path / "model.bin"
    path.write_bytes(packed(as_ctranslate(module.state_dict())))
    weights = whisper_encoder(path)
    assert weights.keys() == module.state_dict().keys()
    assert all(torch.equal(weights[name], tensor) for name, tensor in module.state_dict().items())


def test_halves_are_widened(tmp_path: Path):
    path = tmp_path / "model.bin"
    path.write_bytes(packed({"a/b": np.array([[0.5, -2.0]])}, kind=4))
    assert variables(path)["a/b"].tolist() == [[0.5, -2.0]]


def test_what_is_damaged_or_no_whisper_is_refused(tmp_path: Path):
    path = tmp_path / "model.bin"
    path.write_bytes(packed({"a/b": np.zeros((2, 2))})[:-3])
    with pytest.raises(Unavailable, match="is no CTranslate2 model, or is damaged"):
        variables(path)
    path.write_bytes(packed({"a/b": np.zeros((2, 2))}))
    with pytest.raises(Unavailable, match="holds no 'encoder/position_encodings/encodings', so it is no Whisper model"):
        whisper_encoder(path)
