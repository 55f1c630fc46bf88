"""Pretrained models: what is known without loading one (`BackboneInfo`), and what a loaded one offers (`Backbone`)."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from headstart.core.dataset import Modality
from headstart.core.errors import UserError
from headstart.core.features import Features
from headstart.core.progress import Progress

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class BackboneInfo:
    """Facts about a pretrained model; listing them loads nothing and needs no network.

    ``name`` is ``source:identifier``. ``dim`` is the width D of the pooled feature, ``parameters`` counts the body
    without any head, ``gflops`` is the cost of one forward pass of one item at the native input (billions of
    multiply-adds times two; for text at 64 tokens). ``input`` holds the native input: ``{"size": 224}`` in pixels,
    ``{"tokens": 256}`` or ``{"seconds": 30}``. ``prior`` orders models before any data are seen: published accuracy in
    [0, 1] on ``prior_of``. ``bytes`` is the download, ``revision`` the pinned version, ``sha256`` that of its file.
    ``rate`` is the AdamW learning rate at which the whole body of this family is usually fine-tuned, ``batch_norm``
    whether it normalises by the statistics of batches (None: nobody wrote it down). ``classes`` counts those of the
    linear layer on top that it was pretrained with, where that comes with it (`Source.classifier`; 0: it does not).
    """

    name: str
    modality: Modality
    dim: int
    parameters: int
    gflops: float
    input: Mapping[str, int]
    pretraining: str
    licence: str
    revision: str
    sha256: str
    bytes: int
    prior: float
    prior_of: str
    family: str = ""
    rate: float = 1e-4
    batch_norm: bool | None = None
    classes: int = 0

    @property
    def source(self) -> str:
        """The member of ``backbones/`` that loads it."""
        return self.name.partition(":")[0]


@dataclass(frozen=True, kw_only=True)
class LinearHead:
    """``logits = features @ weight.T + bias`` with ``weight (C, D)`` and ``bias (C,)``, float64.

    Feature scaling and temperature are already folded in, so that the head reads raw features.
    """

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]

    def logits(self, features: NDArray[np.floating] | Features) -> NDArray[np.float64]:
        """``(N, C)`` from ``features (N, D)``."""
        if not isinstance(features, Features):
            return features @ self.weight.T + self.bias
        import numpy as np

        logits = np.empty((len(features), len(self.bias)))
        for where, block in features.blocks():
            logits[where] = block @ self.weight.T + self.bias
        return logits

    def divided_by(self, temperature: float) -> LinearHead:
        """The head whose logits are these divided by ``temperature``."""
        return LinearHead(weight=self.weight / temperature, bias=self.bias / temperature)


Strength = Literal["mild", "strong"]
"""How far random views go from an item."""


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """``words`` of a text, as blanks part them, cut into so many ``pieces``, of which so many are ``unknown``."""

    words: int
    pieces: int
    unknown: int


class Preprocess(ABC):
    """Raw items to tensors, as the weights' own configuration says; one code path for train, score and serve."""

    modality: Modality
    varied: frozenset[Strength] = frozenset({"mild", "strong"})
    """The strengths at which `view` differs from `item` (texts: strong alone)."""
    least_side: int | None = None
    """Pixels that the shorter side of a picture must keep when its file is decoded at a reduced scale; None: decoded in
    full. Part of ``key`` where it is not None.
    """

    def asking_for(self, least_side: int | None) -> Preprocess:
        """The same with another `least_side`."""
        changed = copy.copy(self)
        changed.least_side = least_side
        return changed

    @property
    @abstractmethod
    def key(self) -> str:
        """Everything that changes the tensors, as one line of JSON; part of every cache key."""

    @abstractmethod
    def item(self, raw: Any) -> Any:
        """One decoded item (image: RGB ``PIL.Image``; text: ``str``; sound: `Clip`) made ready for ``collate``.

        Thread-safe.

        Where shapes vary (`Backbone.fixed_shapes`), ``len`` of it counts what padding is counted in: tokens.
        """

    @abstractmethod
    def view(self, raw: Any, seed: int, strength: Strength = "mild") -> Any:
        """A training view of the item, drawn from ``seed`` alone and thread-safe, like `item`."""

    def foretold(self, length: int) -> int | None:
        """``len`` of a ready item, from how long `headstart.engine.items.Items.lengths` says it is; None where only
        making it ready can tell. What is foretold is made ready when its turn comes and not held: it may be large.
        """
        del length

    def pieces(self, raw: Any) -> Pieces | None:
        """How its vocabulary cuts up an item; None where it has none."""
        del raw

    @abstractmethod
    def collate(self, ready: Sequence[Any]) -> dict[str, torch.Tensor]:
        """The batch ``Backbone.encode`` takes."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """One step of the body from input to output.

    ``modules`` are names inside ``Backbone.module`` whose parameters and buffers make up the block. The blocks of a
    backbone partition all its parameters; stems and final norms are folded into a neighbour, so that "the last
    block" always means a sizeable share of the body.
    ``parameters`` names those that the root module holds itself (a class token, position embeddings).
    """

    name: str
    modules: tuple[str, ...]
    parameters: tuple[str, ...] = ()

    def owns(self, name: str) -> bool:
        """Whether the parameter or buffer ``name`` of ``Backbone.module`` belongs to this block."""
        return name in self.parameters or any(name.startswith(f"{module}.") for module in self.modules)


@dataclass(frozen=True, kw_only=True)
class Dense:
    """What blocks say of every part of an item: ``values (B, P, C)`` at P positions (of a grid, tokens or steps).

    ``weights (B, P)`` are 0 for padding and the same for all other positions of an item, where they sum to one.
    """

    values: torch.Tensor
    weights: torch.Tensor


class Backbone(ABC):
    """A loaded body. ``encode`` gives the pooled features a linear head reads."""

    info: BackboneInfo
    preprocess: Preprocess
    module: torch.nn.Module
    """The body with all its parameters; holds no head."""

    blocks: tuple[Block, ...]
    fixed_shapes: bool
    """Whether activations of all items have one shape (images: yes; texts are padded to the longest of a batch)."""
    parts: tuple[Backbone, ...] = ()
    """The bodies whose features it puts side by side, if it joins several."""
    code: str = ""
    """File that `export` writes to run what transformers has no class of."""
    layer: str = "pooled"
    """Which of its outputs the features are; part of every cache key."""

    @abstractmethod
    def encode(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Pooled features ``(B, D)`` of a collated batch; differentiable, honours train and eval mode."""

    def lean(self, batch: Mapping[str, torch.Tensor]) -> Backbone:
        """A backbone for reading features only: the same up to rounding, in less time. ``self`` where there is none.

        ``batch`` is one collated batch on the device of ``module``; ``self`` stays as it is.
        """
        del batch
        return self

    @property
    def widths(self) -> tuple[int, ...]:
        """How many of its features each block gives that is read: all are of the last one, unless it is `layered`."""
        return (self.info.dim,)

    def layered(self) -> Backbone:
        """The same body, whose features are the means over positions of what each block but the last gives, one after
        the other, and then its own.

        Raises:
            UserError: it cannot be read so.
        """
        raise UserError(f"{self.info.name} can be read at its end only; choose a strategy that does.")

    @abstractmethod
    def lower(self, batch: Mapping[str, torch.Tensor], boundary: int) -> dict[str, torch.Tensor]:
        """Activations after ``blocks[:boundary]``, each with leading dimension B.

        ``upper(lower(batch, k), k)`` equals ``encode(batch)`` for every ``0 < k <= len(blocks)``.
        """

    @abstractmethod
    def upper(self, activations: Mapping[str, torch.Tensor], boundary: int) -> torch.Tensor:
        """Pooled features ``(B, D)`` from activations after ``blocks[:boundary]``."""

    @abstractmethod
    def between(self, activations: Mapping[str, torch.Tensor], start: int, stop: int) -> dict[str, torch.Tensor]:
        """Activations after ``blocks[:stop]`` from those after ``blocks[:start]``.

        ``between(lower(batch, j), j, k)`` equals ``lower(batch, k)`` for every ``0 < j <= k <= len(blocks)``.
        """

    @abstractmethod
    def dense(self, activations: Mapping[str, torch.Tensor], boundary: int) -> Dense:
        """Activations after ``blocks[:boundary]`` by position; after all blocks the pooled features, at one."""

    def split(self, activations: Mapping[str, torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        """What `lower` gave for B items, item by item and without padding, so that it can be stored and joined anew."""
        count = len(next(iter(activations.values())))
        return [{name: tensor[i] for name, tensor in activations.items()} for i in range(count)]

    def join(self, parts: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
        """The activations of one batch from those of its items; what `split` takes apart, in any order or company.

        The memory order of the items (channels last, say) is kept: blocks are faster in the one they were loaded in.
        """
        import torch

        joined = {}
        for name, first in parts[0].items():
            order = sorted(range(first.ndim), key=first.stride, reverse=True)
            stacked = torch.stack([part[name].permute(order) for part in parts])
            joined[name] = stacked.permute(0, *(1 + order.index(axis) for axis in range(first.ndim)))
        return joined

    @abstractmethod
    def export(self, folder: Path, head: LinearHead, classes: Sequence[str]) -> None:
        """Write an ordinary transformers folder: body, head, class names and preprocessing, in float32.

        ``AutoModelForImageClassification``, ``AutoModelForSequenceClassification`` or
        ``AutoModelForAudioClassification`` loads it without headstart.
        """


class Source(ABC):
    """A place pretrained models come from; one file in ``backbones/``."""

    takes: ClassVar[str] = ""
    """What identifies a model of it, where models are not listed."""

    @abstractmethod
    def infos(self) -> tuple[BackboneInfo, ...]:
        """Every model this source knows by heart; no network, no model built."""

    @abstractmethod
    def find(self, identifier: str) -> BackboneInfo | None:
        """The model called ``identifier`` (without the ``source:`` prefix), or None. May read local files only."""

    @abstractmethod
    def in_store(self, info: BackboneInfo) -> bool:
        """Whether ``load`` needs no network."""

    @abstractmethod
    def pull(self, info: BackboneInfo, progress: Progress) -> None:
        """Fetch into the local store and check the SHA-256.

        Raises:
            Unavailable: no network, a wrong checksum, or no room; the store is left as it was.
        """

    def classifier(self, info: BackboneInfo) -> LinearHead | None:
        """The linear layer on the pooled features that the body was pretrained with, from the store; None without one.

        Raises:
            Unavailable: its file is damaged; the message says what to run.
        """
        del info

    @abstractmethod
    def load(self, info: BackboneInfo, *, pretrained: bool = True, seed: int = 0, size: int | None = None) -> Backbone:
        """Build the backbone from the store. ``pretrained=False`` gives the architecture's own random
        initialisation drawn from ``seed``; ``size`` overrides the input size in pixels or, of sound, in seconds.

        Raises:
            UserError: the architecture takes no input of ``size`` pixels.
            Unavailable: the weights are not in the store or their file is damaged; the message says what to run.
        """


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A model folder read back: the body with its own preprocessing, the head, the class names."""

    backbone: Backbone
    head: LinearHead
    classes: tuple[str, ...] = field(default=())
