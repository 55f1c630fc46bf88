"""What a kind of model of transformers has to say to be run in steps, pooled, and written as an ordinary classifier."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from logging import CRITICAL
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from headstart.core.backbone import Backbone, Block, LinearHead
from headstart.core.dataset import Modality

if TYPE_CHECKING:
    import torch

    State = dict[str, torch.Tensor]
    """What the layers above read, ``(B, L, D)`` each, padded on the right; ``attention_mask (B, L)`` where L varies."""

MARKER = "headstart_pooling"
"""Key in ``config.json`` that says that the folder holds more than the body, and how features are pooled there."""


UNUSED = ("masked_spec_embed", "mask_emb")
"""Weights that only pretraining reads; checkpoints of other training may lack them."""


class Family(ABC):
    """One ``model_type`` of transformers. Stateless: the body is handed in.

    The ordinary classification model of a family reads one token, or has no bias, or puts a non-linearity before its
    classifier. ``written`` arranges its weights so that it computes ``head`` on ``pooled`` all the same, and
    ``parted`` takes such weights apart again.

    Attributes:
        modality: what it reads.
        fixed_shapes: see `Backbone.fixed_shapes`.
        kind: ``model_type``.
        prefix: what the classification model calls the body.
        classifies: the class of the classification model.
        pooling: what `MARKER` says of folders written here.
        options: what the base model is made with.
        code: what runs the classification model where transformers has no class of it; it is written into the folder.
    """

    modality: ClassVar[Modality] = "text"
    fixed_shapes: ClassVar[bool] = False
    kind: ClassVar[str]
    prefix: ClassVar[str]
    classifies: ClassVar[str]
    pooling: ClassVar[str]
    options: ClassVar[Mapping[str, Any]] = {}
    code: ClassVar[Path | None] = None

    def configured(self, config: Mapping[str, Any]) -> Any:
        """Transformers' configuration of the body that the content of ``config.json`` describes."""
        from transformers import AutoConfig

        kept = {name: value for name, value in config.items() if name not in (MARKER, "headstart", "model_type")}
        return AutoConfig.for_model(self.kind, **(self.restored(kept) if config.get(MARKER) else kept))

    def restored(self, config: dict[str, Any]) -> dict[str, Any]:
        """``config`` without the changes that `written` needed."""
        return config

    def body(self, config: Any) -> Any:
        """The base model with random weights, without pooler and heads."""
        from transformers import AutoModel

        return self.bare(AutoModel.from_config(config, **self.options))

    def bare(self, model: Any) -> Any:
        """What of transformers' base model is the body."""
        return model

    def stored(self, folder: Path, config: Any) -> tuple[dict[str, torch.Tensor], list[str]]:
        """The body's weights in a folder saved by transformers, float32, and what is missing there.

        transformers reads them: it knows what its earlier versions and models with heads called them.
        """
        import torch
        from transformers import AutoModel

        with silent():
            model, report = AutoModel.from_pretrained(
                str(folder),
                config=config,
                dtype=torch.float32,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
                **self.options,
            )
        missing = sorted(name for name in report["missing_keys"] if not name.endswith(UNUSED))
        return self.bare(model).state_dict(), missing

    @abstractmethod
    def blocks(self, body: Any) -> tuple[Block, ...]:
        """See `Backbone.blocks`."""

    @abstractmethod
    def begin(self, body: Any, batch: Mapping[str, torch.Tensor]) -> State:
        """What the first block's layer reads, from what `Preprocess.collate` gave."""

    @abstractmethod
    def run(self, body: Any, state: State, start: int, stop: int) -> State:
        """The state after the layers of the blocks ``start`` to ``stop``."""

    def hidden(self, body: Any, state: State, boundary: int) -> torch.Tensor:
        """``(B, L, D)`` in the state after ``blocks[:boundary]``."""
        del body, boundary
        return state["hidden"]

    @abstractmethod
    def pooled(self, body: Any, state: State) -> torch.Tensor:
        """Features ``(B, D)`` from the state above all blocks."""

    @abstractmethod
    def written(self, body: Any, head: LinearHead) -> dict[str, torch.Tensor]:
        """Every weight of the classification model, by name."""

    @abstractmethod
    def changes(self, config: Any) -> dict[str, Any]:
        """What the classification model's configuration has otherwise than the body's ``config``."""

    @abstractmethod
    def parted(self, tensors: Mapping[str, torch.Tensor], config: Any) -> tuple[dict[str, torch.Tensor], LinearHead]:
        """Body and head out of what `written` gave; ``config`` is the body's."""

    @abstractmethod
    def sample(self, config: Any, size: int) -> dict[str, Any]:
        """One item of ``size`` tokens or seconds as `begin` takes it, without a mask: operations are counted on it."""

    def fitting(self, tensors: Mapping[str, torch.Tensor], body: Any) -> Mapping[str, torch.Tensor]:
        """Stored weights as this ``body`` takes them."""
        del body
        return tensors

    def lean(self, backbone: Backbone, body: Any) -> Backbone:
        """See `Backbone.lean`."""
        del body
        return backbone

    def bodily(self, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Those of the classification model's weights that are the body's, in its names."""
        start = len(self.prefix)
        return {name[start:]: tensor for name, tensor in tensors.items() if name.startswith(self.prefix)}


@contextmanager
def silent() -> Iterator[None]:
    """Transformers reports and shows progress on its own; what went wrong is for the caller to say."""
    from transformers.utils import logging

    level, shown = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()


def chain(prefix: str, count: int, first: tuple[str, ...], last: tuple[str, ...]) -> tuple[Block, ...]:
    """A block for each of ``count`` layers; ``first`` and ``last`` are modules of the outer two besides."""
    return tuple(
        Block(
            name=f"layer {number + 1}",
            modules=(
                *(first if number == 0 else ()),
                f"{prefix}{number}",
                *(last if number == count - 1 else ()),
            ),
        )
        for number in range(count)
    )


def own(body: Any, prefix: str) -> dict[str, torch.Tensor]:
    """The body's weights as the classification model calls them."""
    import torch

    return {
        prefix + name: tensor.detach().cpu().to(torch.float32).contiguous()
        for name, tensor in body.state_dict().items()
    }


def numbers(values: np.ndarray) -> torch.Tensor:
    """float32, as weights are written."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(values)).to(torch.float32)


def at_last(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """``(B, D)`` of the last token of each text, from ``hidden (B, L, D)`` and ``mask (B, L)`` padded on the right."""
    import torch

    return hidden[torch.arange(len(hidden)), mask.sum(dim=1).long() - 1]


class TextFamily(Family):
    """A family that reads ``input_ids`` and ``attention_mask (B, L)``, padded on the right.

    Attributes:
        side: where the exported tokenizer pads.
    """

    side: ClassVar[str] = "right"

    def sample(self, config: Any, size: int) -> dict[str, Any]:
        """See `Family.sample`."""
        import torch

        del config
        return {"input_ids": torch.ones(1, size, dtype=torch.int64), "attention_mask": None}
