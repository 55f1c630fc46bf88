from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import load

from headstart.backbones._onnx import bert_weights
from tests.backbones.tiny import encoder_files


def encoder_in_onnx(prefix: str) -> tuple[bytes, dict[str, torch.Tensor]]:
    """A BERT export as PyTorch writes it: matrices transposed, renamed, and found through their node's path."""
    state = load(encoder_files("bert")["model.safetensors"])
    weights = {name: tensor for name, tensor in state.items() if not name.startswith("pooler.")}
    initializers, nodes = [], []
    for number, (name, tensor) in enumerate(weights.items()):
        array = tensor.numpy()
        if name.endswith(".weight") and array.ndim == 2 and name.startswith("encoder."):
            stored = f"onnx::MatMul_{number}"
            before, layer, after = name.removesuffix(".weight").split(".", 3)[0], *name.split(".")[1:3]
            rest = name.removesuffix(".weight").split(".")[3:]
            path = "/".join(["/0/auto_model", before, f"{layer}.{after}", *rest, "MatMul"])
            initializers.append(numpy_helper.from_array(np.ascontiguousarray(array.T), stored))
            nodes.append(helper.make_node("MatMul", ["x", stored], [f"y{number}"], name=path))
        else:
            initializers.append(numpy_helper.from_array(array, prefix + name))
    # Attention multiplies activations with each other: a MatMul whose second input is no weight.
    nodes.append(helper.make_node("MatMul", ["x", "y0"], ["z"], name="/0/auto_model/encoder/scores/MatMul"))
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph(nodes, "bert", [value], [value], initializers)
    return onnx.helper.make_model(graph).SerializeToString(), weights


def test_every_weight_comes_back_under_its_own_name(tmp_path: Path) -> None:
    content, weights = encoder_in_onnx("model.0.auto_model.")
    (tmp_path / "model.onnx").write_bytes(content)
    found = bert_weights(tmp_path / "model.onnx", "model.0.auto_model.")
    assert set(found) == set(weights)
    assert all(torch.equal(found[name], tensor) for name, tensor in weights.items())
    assert all(tensor.is_contiguous() for tensor in found.values())
