"""The kinds of text models that headstart adapts, by what ``config.json`` calls them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from headstart.backbones._bert import Bert, Roberta, XlmRoberta
from headstart.backbones._distilbert import DistilBert
from headstart.backbones._gpt2 import Gpt2
from headstart.backbones._llama import Llama
from headstart.backbones._modernbert import ModernBert
from headstart.backbones._t5 import T5
from headstart.backbones._text_family import TextFamily
from headstart.backbones._xlnet import XlNet
from headstart.core.errors import Unavailable, UserError, nearest

if TYPE_CHECKING:
    import torch

FAMILIES: Mapping[str, TextFamily] = {
    family.kind: family
    for family in (
        Bert(), Roberta(), XlmRoberta(), DistilBert(), ModernBert(), XlNet(), Gpt2(), Llama(), T5(),
    )
}  # fmt: skip
"""By ``model_type``."""


def family_of(name: str, config: Mapping[str, Any]) -> TextFamily:
    """The family of the model ``name``, whose ``config.json`` is given.

    Raises:
        UserError: headstart cannot adapt and export this kind of model.
    """
    kind = str(config.get("model_type", ""))
    if kind not in FAMILIES:
        raise UserError(
            f"{name} is a '{kind}' model; headstart adapts text models of the kinds {', '.join(FAMILIES)}. "
            f"{nearest(kind, FAMILIES)}"
        )
    return FAMILIES[kind]


def body_weights(name: str, config: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The body's weights in the names of the installed transformers, out of a checkpoint of the model ``name`` that may
    hold a pooler and heads.

    Raises:
        Unavailable: some that the body needs are missing.
        UserError: see `family_of`.
    """
    import torch

    family = family_of(name, config)
    with torch.device("meta"):
        wanted = family.body(family.configured(config)).state_dict()
    found = family.found(tensors)
    missing = [each for each in wanted if each not in found]
    if missing:
        raise Unavailable(
            f"{name} was not stored: its weights are not those of a {family.kind} model ('{missing[0]}' is missing)."
        )
    return {each: found[each] for each in wanted}
