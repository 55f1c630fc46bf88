"""Reading the weights of a BERT encoder out of an ONNX file; nothing is executed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def bert_weights(path: Path, prefix: str) -> dict[str, torch.Tensor]:
    """Weights by ``BertModel`` name from an ONNX export of one.

    Embeddings, biases and norms keep their PyTorch name behind ``prefix``. The matrices of linear layers were
    transposed and renamed by the exporter (``MatMul_123``); the node that uses one still carries the path of its
    layer: ``.../encoder/layer.0/attention/self/query/MatMul``.
    """
    import numpy as np
    import onnx
    import torch
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    arrays = {entry.name: numpy_helper.to_array(entry) for entry in graph.initializer}
    weights = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in arrays:
            layer = node.name[node.name.index("encoder/") :].rpartition("/")[0].replace("/", ".")
            weights[f"{layer}.weight"] = arrays[node.input[1]].T
    return {name: torch.from_numpy(np.array(array, order="C")) for name, array in weights.items()}
