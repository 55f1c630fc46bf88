"""T5: an encoder and a decoder; its classification model lets the decoder read the text again and takes its last token.

The classification model puts a dense layer and tanh before its classifier. Its dense layer is E times the identity, and
tanh(E f) = E f (1 - (E f)^2 / 3 + ...): features of 10 change by 1.2e-7 of themselves (`_mean_layer`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from headstart.backbones._family import TextFamily, at_last, numbers, own
from headstart.backbones._head import head_of
from headstart.backbones._mean_layer import E
from headstart.core.backbone import Block, LinearHead

if TYPE_CHECKING:
    from headstart.backbones._family import State


class T5(TextFamily):
    """Features: the decoder's output at the end of the text, after which the encoder's tokens are in its attention.

    The tables of relative positions lie in the first layers of encoder and decoder and are read by all others, below
    and above a cut.
    """

    kind: ClassVar[str] = "t5"
    prefix: ClassVar[str] = "transformer."
    classifies: ClassVar[str] = "T5ForSequenceClassification"
    pooling: ClassVar[str] = "end_of_decoder"

    def bare(self, model: Any) -> Any:
        """See `Family.bare`; encoder and decoder lose their own names for the one table of embeddings."""
        del model.encoder.embed_tokens, model.decoder.embed_tokens
        return model

    def blocks(self, body: Any) -> tuple[Block, ...]:
        """See `Family.blocks`: the encoder's layers, then the decoder's."""
        encoder, decoder = len(body.encoder.block), len(body.decoder.block)
        names = [("encoder", number) for number in range(encoder)] + [("decoder", number) for number in range(decoder)]
        beside = {
            ("encoder", 0): ("shared",),
            ("encoder", encoder - 1): ("encoder.final_layer_norm",),
            ("decoder", decoder - 1): ("decoder.final_layer_norm",),
        }
        return tuple(
            Block(
                name=f"{stack} layer {number + 1}",
                modules=(f"{stack}.block.{number}", *beside.get((stack, number), ())),
            )
            for stack, number in names
        )

    def begin(self, body: Any, batch: Mapping[str, torch.Tensor]) -> State:
        """See `Family.begin`; ``decoder (B, L, D)`` embeds the text one token later."""
        ids = batch["input_ids"]
        shifted = torch.full_like(ids, _beginning(body.config))
        shifted[:, 1:] = ids[:, :-1]
        hidden = _dropped(body.encoder, body.shared(ids), 0)
        decoder = _dropped(body.encoder, body.shared(shifted), 0)
        return {"hidden": hidden, "decoder": decoder, "attention_mask": batch["attention_mask"]}

    def run(self, body: Any, state: State, start: int, stop: int) -> State:
        """See `Family.run`."""
        encoder = len(body.encoder.block)
        if start < encoder:
            state = {**state, "hidden": self._encoded(body.encoder, state, start, min(stop, encoder))}
        if stop > encoder:
            state = {**state, "decoder": self._decoded(body.decoder, state, max(0, start - encoder), stop - encoder)}
        return state

    def _encoded(self, stack: Any, state: State, start: int, stop: int) -> torch.Tensor:
        from transformers.masking_utils import create_bidirectional_mask

        hidden = state["hidden"]
        mask = create_bidirectional_mask(
            config=stack.config, inputs_embeds=hidden, attention_mask=state["attention_mask"]
        )
        places = _places(stack, hidden.shape[1])
        for layer in stack.block[start:stop]:
            hidden, *_ = layer(hidden, mask, places.to(hidden.dtype))
        return _dropped(stack, stack.final_layer_norm(hidden), -1) if stop == len(stack.block) else hidden

    def _decoded(self, stack: Any, state: State, start: int, stop: int) -> torch.Tensor:
        from transformers.masking_utils import create_bidirectional_mask, create_causal_mask

        hidden, encoded = state["decoder"], state["hidden"]
        causal = create_causal_mask(stack.config, hidden, None, None)  # by place: the last name has changed
        across = create_bidirectional_mask(
            config=stack.config,
            inputs_embeds=hidden,
            attention_mask=state["attention_mask"],
            encoder_hidden_states=encoded,
        )
        places = _places(stack, hidden.shape[1])
        for layer in stack.block[start:stop]:
            hidden, *_ = layer(hidden, causal, places.to(hidden.dtype), encoded, across)
        return hidden

    def hidden(self, body: Any, state: State, boundary: int) -> torch.Tensor:
        """See `Family.hidden`: the encoder's up to its last layer, then the decoder's."""
        return state["decoder" if boundary > len(body.encoder.block) else "hidden"]

    def pooled(self, body: Any, state: State) -> torch.Tensor:
        """See `Family.pooled`."""
        ends = at_last(state["decoder"], state["attention_mask"])
        return _dropped(body.decoder, body.decoder.final_layer_norm(ends), -1)

    def written(self, body: Any, head: LinearHead) -> dict[str, torch.Tensor]:
        """See `Family.written`."""
        width = body.config.d_model
        return own(body, self.prefix) | {
            "classification_head.dense.weight": E * torch.eye(width),
            "classification_head.dense.bias": torch.zeros(width),
            "classification_head.out_proj.weight": numbers(head.weight / E),
            "classification_head.out_proj.bias": numbers(head.bias),
        }

    def changes(self, config: Any) -> dict[str, Any]:
        """See `Family.changes`."""
        return {"decoder_start_token_id": _beginning(config)}

    def parted(self, tensors: Mapping[str, torch.Tensor], config: Any) -> tuple[dict[str, torch.Tensor], LinearHead]:
        """See `Family.parted`."""
        del config
        out = "classification_head.out_proj."
        return self.bodily(tensors), head_of(tensors.get(f"{out}weight"), tensors.get(f"{out}bias"), E)


def _beginning(config: Any) -> int:
    """The token that the decoder begins with: where a configuration names none, the one that pads, as T5 learnt."""
    named = config.to_dict().get("decoder_start_token_id")
    return config.pad_token_id if named is None else named


def _places(stack: Any, length: int) -> torch.Tensor:
    """What relative positions add to the attention scores, ``(1, heads, L, L)``, as the first layer has it."""
    attention = stack.block[0].layer[0].SelfAttention
    table = attention.relative_attention_bias.weight
    steps = torch.arange(length, device=table.device)
    bucket = attention._relative_position_bucket(
        steps[None, :] - steps[:, None],
        bidirectional=not stack.is_decoder,
        num_buckets=attention.relative_attention_num_buckets,
        max_distance=attention.relative_attention_max_distance,
    )
    return table[bucket].permute(2, 0, 1).unsqueeze(0)


def _dropped(stack: Any, tensor: torch.Tensor, layer: int) -> torch.Tensor:
    """The stack's dropout, which belongs to no layer, as far as the one with this number is being trained."""
    return torch.nn.functional.dropout(tensor, stack.dropout.p, stack.block[layer].training)
