"""GPT-2: a decoder whose classification model reads the last token and has no bias.

One more layer makes the last token hold the mean over all tokens, as in `_mean_layer`, here with the norms before the
products; LN(v) is the plain normalisation and ln_f the body's last norm:

    ln_1 = ln_f        ->  x_t = ln_f(h_t), the body's output at every token
    query = key = 0    ->  attention is uniform over the tokens up to this one, for the last token over all
    value = I, output S I  ->  h = h_last + S mean(x)
    feed-forward zero, last norm without weights  ->  f = LN(h_last + S mean(x))

The classifier's W f + b with a bias b is W (f + v) where W v = b: v becomes the bias of the last norm. Adding the same
number to all logits changes no probability, so W v may differ from b by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from headstart.backbones._family import TextFamily, at_last, chain, numbers, own
from headstart.backbones._head import head_of
from headstart.core.backbone import Block, LinearHead
from headstart.core.errors import UserError

if TYPE_CHECKING:
    from headstart.backbones._family import State

S = 2.0**16
"""The last token's own share of the mean is 1/S; its numbers reach a few thousands, those of the mean a few. It leaves
the range of float16; in bfloat16 the exported model runs."""

INDEPENDENT = 1e-5
"""Share of the largest singular value of a head below which its rows count as dependent: float32 rounds them so."""
LONGEST = 1024.0
"""Largest number of a shift; features are a few units, and beside this one float32 keeps them to 6e-5."""


class Gpt2(TextFamily):
    """Features: the normalised mean over tokens of the body's output."""

    kind: ClassVar[str] = "gpt2"
    prefix: ClassVar[str] = "transformer."
    classifies: ClassVar[str] = "GPT2ForSequenceClassification"
    pooling: ClassVar[str] = "mean_as_attention"

    def restored(self, config: dict[str, Any]) -> dict[str, Any]:
        """See `Family.restored`."""
        return {**config, "n_layer": config["n_layer"] - 1}

    def blocks(self, body: Any) -> tuple[Block, ...]:
        """See `Family.blocks`."""
        return chain("h.", len(body.h), ("wte", "wpe", "drop"), ("ln_f",))

    def begin(self, body: Any, batch: Mapping[str, torch.Tensor]) -> State:
        """See `Family.begin`."""
        ids = batch["input_ids"]
        positions = torch.arange(ids.shape[1], device=ids.device).unsqueeze(0)
        return {"hidden": body.drop(body.wte(ids) + body.wpe(positions)), "attention_mask": batch["attention_mask"]}

    def run(self, body: Any, state: State, start: int, stop: int) -> State:
        """See `Family.run`."""
        from transformers.masking_utils import create_causal_mask

        hidden, mask = state["hidden"], state["attention_mask"]
        attention = create_causal_mask(body.config, hidden, mask, None)  # by place: the last name has changed
        for layer in body.h[start:stop]:
            hidden = layer(hidden, None, attention, use_cache=False)
        return {"hidden": hidden, "attention_mask": mask}

    def pooled(self, body: Any, state: State) -> torch.Tensor:
        """See `Family.pooled`."""
        mask = state["attention_mask"].unsqueeze(-1)
        hidden = state["hidden"].to(torch.promote_types(state["hidden"].dtype, torch.float32))
        ends = body.ln_f(state["hidden"]).to(hidden.dtype)
        mean = (ends * mask).sum(dim=1) / mask.sum(dim=1)
        summed = S * mean + at_last(hidden, state["attention_mask"])
        return torch.nn.functional.layer_norm(summed, mean.shape[-1:], eps=body.config.layer_norm_epsilon)

    def written(self, body: Any, head: LinearHead) -> dict[str, torch.Tensor]:
        """See `Family.written`.

        Raises:
            UserError: there are so many classes that no shift of the features stands for the bias.
        """
        width, inner = body.config.n_embd, body.config.n_inner or 4 * body.config.n_embd
        tensors = own(body, self.prefix)
        extra, last = f"{self.prefix}h.{body.config.n_layer}.", f"{self.prefix}ln_f."
        joint = torch.zeros(width, 3 * width)
        joint[:, 2 * width :] = torch.eye(width)
        tensors |= {
            f"{extra}ln_1.weight": tensors[f"{last}weight"].clone(),
            f"{extra}ln_1.bias": tensors[f"{last}bias"].clone(),
            f"{extra}attn.c_attn.weight": joint,
            f"{extra}attn.c_attn.bias": torch.zeros(3 * width),
            f"{extra}attn.c_proj.weight": S * torch.eye(width),
            f"{extra}attn.c_proj.bias": torch.zeros(width),
            f"{extra}ln_2.weight": torch.ones(width),
            f"{extra}ln_2.bias": torch.zeros(width),
            f"{extra}mlp.c_fc.weight": torch.zeros(width, inner),
            f"{extra}mlp.c_fc.bias": torch.zeros(inner),
            f"{extra}mlp.c_proj.weight": torch.zeros(inner, width),
            f"{extra}mlp.c_proj.bias": torch.zeros(width),
            f"{last}weight": torch.ones(width),
            f"{last}bias": numbers(shift_for(head)),
            "score.weight": numbers(head.weight),
        }
        return tensors

    def changes(self, config: Any) -> dict[str, Any]:
        """See `Family.changes`."""
        return {"n_layer": config.n_layer + 1}

    def parted(self, tensors: Mapping[str, torch.Tensor], config: Any) -> tuple[dict[str, torch.Tensor], LinearHead]:
        """See `Family.parted`."""
        found, extra = self.bodily(tensors), f"h.{config.n_layer}."
        body = {name: tensor for name, tensor in found.items() if not name.startswith(extra)}
        weight = tensors.get("score.weight")
        if f"{extra}ln_1.weight" not in found or weight is None:
            return body, head_of(None, None)
        shift = found["ln_f.bias"].double().numpy()
        body["ln_f.weight"], body["ln_f.bias"] = found[f"{extra}ln_1.weight"], found[f"{extra}ln_1.bias"]
        return body, LinearHead(weight=weight.double().numpy(), bias=weight.double().numpy() @ shift)


def shift_for(head: LinearHead) -> NDArray[np.float64]:
    """The shortest v ``(D,)`` with ``weight @ v`` equal to the bias or, where there is none, to the bias and one number
    added to all classes.

    Raises:
        UserError: there is none, as may be where there are more classes than features, or it is so long that float32
            would round the features it is added to.
    """
    close = 1e-5 * max(1.0, float(np.abs(head.bias).max()))
    centred = LinearHead(weight=head.weight - head.weight.mean(axis=0), bias=head.bias - head.bias.mean())
    # Only heads whose rows depend on each other, as those that add up to zero do, need the number added to all.
    for one in (head, centred):
        found = np.linalg.lstsq(one.weight, one.bias, rcond=INDEPENDENT)[0].astype(np.float64)
        if np.abs(found).max() < LONGEST and np.allclose(one.weight @ found, one.bias, rtol=0, atol=close):
            return found
    raise UserError(
        f"GPT-2's classification model has no bias, and its {head.weight.shape[1]} features cannot stand in for that "
        f"of {len(head.bias)} classes. Choose a model of another kind."
    )
