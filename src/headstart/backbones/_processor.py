"""What oneDNN can do on this processor."""

from __future__ import annotations

import torch


def rounds() -> bool:
    """Whether its own products and convolutions take bfloat16 here: without AVX-512 or its like they refuse."""
    return torch.backends.mkldnn.is_available() and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
