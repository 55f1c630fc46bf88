"""Llama and models built like it (SmolLM2): a decoder whose classification model reads the last token, without a bias.

Features are the body's output f = g x at the last token, with x = h / rms(h) and the last norm's weights g. The
classifier's W f + b needs a feature that is always one, and no layer of Llama adds a constant: every norm divides by
the size of what it gets. So the exported model is wider, by as many columns as there are heads (the width must be their
multiple), and has one more layer:

    columns beyond the first D     zero in every layer of the body; norms divide by rms over all D' columns, which
                                   weights times sqrt(D / D') and eps times D / D' make up for
    attention                      output zero
    norm before the feed-forward   weight 1          ->  x, whose squares sum to D or, where rms(h) is not far above
                                   the norms' eps, to less
    gate                           weight 0, bias B  ->  silu(B) = B
    up                             (x, M)            ->  B (x, M)
    down                           K / B             ->  h' = (h + K x, K M), proportional to (x, M) but for rms(h) / K
    last norm                      the squares of (x, M) sum to M^2 + D, whatever the text: it only divides by
                                   R = sqrt((M^2 + D) / D')  ->  (g x, 1), with weights (R g, R / M)
    classifier                     (W, b)

Weights and sums leave the range of float16; in bfloat16 the exported model runs. B is so large that silu(B) is B in
float32. K is 2^40, and rms(h) a few thousands at most; M is 2^16, and D / M^2 is 1e-6 for a width of 4096.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from headstart.backbones._family import TextFamily, at_last, chain, numbers, own
from headstart.backbones._head import head_of
from headstart.core.backbone import Block, LinearHead
from headstart.core.errors import UserError

if TYPE_CHECKING:
    from headstart.backbones._family import State

B, K, M = 64.0, 2.0**40, 2.0**16
READS = ("embed_tokens.weight", "q_proj.weight", "k_proj.weight", "v_proj.weight", "gate_proj.weight", "up_proj.weight")
"""Weights whose last axis is the width; that of all others is the first."""
INNER = ("q_proj.bias", "k_proj.bias", "v_proj.bias")
"""Weights without an axis of the width."""


class Llama(TextFamily):
    """Features: the body's output at the last token, which is the only one that has read all others."""

    kind: ClassVar[str] = "llama"
    prefix: ClassVar[str] = "model."
    classifies: ClassVar[str] = "LlamaForSequenceClassification"
    pooling: ClassVar[str] = "last_with_one"

    def restored(self, config: dict[str, Any]) -> dict[str, Any]:
        """See `Family.restored`."""
        wide, heads = config["hidden_size"], config["num_attention_heads"]
        return {
            **config,
            "num_hidden_layers": config["num_hidden_layers"] - 1,
            "hidden_size": wide - heads,
            "rms_norm_eps": config["rms_norm_eps"] * wide / (wide - heads),
            "mlp_bias": config["headstart_mlp_bias"],
        }

    def blocks(self, body: Any) -> tuple[Block, ...]:
        """See `Family.blocks`."""
        return chain("layers.", len(body.layers), ("embed_tokens", "rotary_emb"), ("norm",))

    def begin(self, body: Any, batch: Mapping[str, torch.Tensor]) -> State:
        """See `Family.begin`."""
        return {"hidden": body.embed_tokens(batch["input_ids"]), "attention_mask": batch["attention_mask"]}

    def run(self, body: Any, state: State, start: int, stop: int) -> State:
        """See `Family.run`."""
        from transformers.masking_utils import create_causal_mask

        hidden, mask = state["hidden"], state["attention_mask"]
        positions = torch.arange(hidden.shape[1], device=hidden.device).unsqueeze(0)
        attention = create_causal_mask(body.config, hidden, mask, None)  # by place: the last name has changed
        # Called past the hooks of modules: positions are computed below and above a cut, and hold no weights.
        turns = body.rotary_emb.forward(hidden, positions)
        for layer in body.layers[start:stop]:
            hidden = layer(hidden, attention_mask=attention, position_ids=positions, position_embeddings=turns)
        return {"hidden": hidden, "attention_mask": mask}

    def pooled(self, body: Any, state: State) -> torch.Tensor:
        """See `Family.pooled`."""
        return body.norm(at_last(state["hidden"], state["attention_mask"]))

    def written(self, body: Any, head: LinearHead) -> dict[str, torch.Tensor]:
        """See `Family.written`.

        Raises:
            UserError: the feed-forward layers are narrower than the body.
        """
        config = body.config
        width, inner = config.hidden_size, config.intermediate_size
        wide = width + config.num_attention_heads
        if inner <= width:
            raise UserError(
                f"A Llama of width {width} with feed-forward layers of width {inner} cannot be exported with a bias; "
                "the latter has to be the larger one. Choose another model."
            )
        smaller = math.sqrt(width / wide)
        tensors = {
            name: _widened(name, tensor, wide) * (smaller if "norm" in name else 1.0)
            for name, tensor in own(body, "").items()
        }
        extra = f"layers.{config.num_hidden_layers}."
        # Everything that is zero in the additional layer has the shapes of any other one.
        tensors |= {
            name.replace("layers.0.", extra): torch.zeros_like(tensor)
            for name, tensor in tensors.items()
            if name.startswith("layers.0.")
        }
        for number in range(config.num_hidden_layers + 1):
            mlp = f"layers.{number}.mlp."
            for part, size in (("gate_proj", inner), ("up_proj", inner), ("down_proj", wide)):
                tensors.setdefault(f"{mlp}{part}.bias", torch.zeros(size))
        first, mlp = torch.arange(width), f"{extra}mlp."
        tensors[f"{extra}post_attention_layernorm.weight"][:width] = smaller
        tensors[f"{mlp}gate_proj.bias"][: width + 1] = B
        tensors[f"{mlp}up_proj.weight"][first, first] = 1.0
        tensors[f"{mlp}up_proj.bias"][width] = M
        columns = torch.arange(width + 1)
        tensors[f"{mlp}down_proj.weight"][columns, columns] = K / B
        root = _root(width, wide)
        tensors["norm.weight"] *= root / smaller
        tensors["norm.weight"][width] = root / M
        score = torch.zeros(len(head.bias), wide)
        score[:, :width], score[:, width] = numbers(head.weight), numbers(head.bias)
        return {f"{self.prefix}{name}": tensor for name, tensor in tensors.items()} | {"score.weight": score}

    def changes(self, config: Any) -> dict[str, Any]:
        """See `Family.changes`."""
        wide = config.hidden_size + config.num_attention_heads
        return {
            "num_hidden_layers": config.num_hidden_layers + 1,
            "hidden_size": wide,
            "head_dim": config.head_dim,
            "rms_norm_eps": config.rms_norm_eps * config.hidden_size / wide,
            "mlp_bias": True,
            "headstart_mlp_bias": config.mlp_bias,
        }

    def parted(self, tensors: Mapping[str, torch.Tensor], config: Any) -> tuple[dict[str, torch.Tensor], LinearHead]:
        """See `Family.parted`."""
        width, wide = config.hidden_size, config.hidden_size + config.num_attention_heads
        score = tensors.get("score.weight")
        found, extra = self.bodily(tensors), f"layers.{config.num_hidden_layers}."
        if score is None or score.shape[1] != wide:
            return found, head_of(None, None)
        body = {}
        for name, tensor in found.items():
            added = name.endswith(("gate_proj.bias", "up_proj.bias", "down_proj.bias")) and not config.mlp_bias
            if name.startswith(extra) or added:
                continue
            scale = 1 / _root(width, wide) if name == "norm.weight" else math.sqrt(wide / width)
            body[name] = _narrowed(name, tensor, width) * (scale if "norm" in name else 1.0)
        return body, head_of(score[:, :width], score[:, width])


def _root(width: int, wide: int) -> float:
    """What the last norm divides by, over K."""
    return math.sqrt((M * M + width) / wide)


def _widened(name: str, tensor: torch.Tensor, wide: int) -> torch.Tensor:
    """``tensor`` with zeros up to ``wide`` along its axis of the width."""
    if name.endswith(INNER) or name.endswith(("gate_proj.bias", "up_proj.bias")):
        return tensor
    if name.endswith(READS):
        return torch.nn.functional.pad(tensor, (0, wide - tensor.shape[-1]))
    return torch.nn.functional.pad(tensor, (*(0, 0) * (tensor.ndim - 1), 0, wide - tensor.shape[0]))


def _narrowed(name: str, tensor: torch.Tensor, width: int) -> torch.Tensor:
    """What `_widened` was given."""
    if name.endswith(INNER) or name.endswith(("gate_proj.bias", "up_proj.bias")):
        return tensor
    return (tensor[..., :width] if name.endswith(READS) else tensor[:width]).contiguous()
