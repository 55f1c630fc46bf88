"""Reading a quantised Llama out of a GGUF file, with transformers' own reader: float32 weights, and the tokenizer."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from headstart.core.errors import Unavailable

if TYPE_CHECKING:
    import torch


def require(name: str) -> None:
    """Be sure that the file of the model ``name`` could be read, before it is fetched.

    Raises:
        Unavailable: the package ``gguf`` is not installed.
    """
    if find_spec("gguf") is None:
        raise Unavailable(
            f"{name} is a GGUF file, which the package 'gguf' reads. Install it with: pip install 'headstart[gguf]'"
        )


def llama(path: Path, into: Path) -> dict[str, torch.Tensor]:
    """The body's weights; the tokenizer's files are written into the folder ``into``."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    from headstart.backbones._family import silent

    with silent():
        body = AutoModel.from_pretrained(str(path.parent), gguf_file=path.name, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name)
    tokenizer.save_pretrained(str(into))
    return body.state_dict()
