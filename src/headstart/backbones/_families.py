"""The kinds of transformers' models that headstart adapts, by what ``config.json`` calls them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.backbones._ast import Ast
from headstart.backbones._bert import Bert, Roberta, XlmRoberta
from headstart.backbones._distilbert import DistilBert
from headstart.backbones._family import Family
from headstart.backbones._ge2e import Ge2e
from headstart.backbones._gpt2 import Gpt2
from headstart.backbones._llama import Llama
from headstart.backbones._modernbert import ModernBert
from headstart.backbones._sound_family import SoundFamily
from headstart.backbones._t5 import T5
from headstart.backbones._wave import Hubert, Wav2Vec2, WavLm
from headstart.backbones._whisper import Whisper
from headstart.backbones._xlnet import XlNet
from headstart.core.errors import Unavailable, UserError, nearest

if TYPE_CHECKING:
    import torch

FAMILIES: Mapping[str, Family] = {
    family.kind: family
    for family in (
        Bert(), Roberta(), XlmRoberta(), DistilBert(), ModernBert(), XlNet(), Gpt2(), Llama(), T5(),
        Whisper(), Wav2Vec2(), Hubert(), WavLm(), Ast(), Ge2e(),
    )
}  # fmt: skip
"""By ``model_type``."""


def family_of(name: str, config: Mapping[str, Any]) -> Family:
    """The family of the model ``name``, whose ``config.json`` is given.

    Raises:
        UserError: headstart cannot adapt and export this kind of model.
    """
    kind = str(config.get("model_type", ""))
    if kind not in FAMILIES:
        raise UserError(
            f"{name} is a '{kind}' model; headstart adapts models of the kinds {', '.join(FAMILIES)}. "
            f"{nearest(kind, FAMILIES)}"
        )
    return FAMILIES[kind]


def native(name: str, config: Mapping[str, Any], files: Mapping[str, bytes]) -> int:
    """Tokens or seconds that the model reads at most; ``files`` may say less of tokens than ``config.json`` does.

    Raises:
        UserError: see `family_of`.
    """
    from headstart.backbones._text import longest_input

    family = family_of(name, config)
    return family.seconds(config) if isinstance(family, SoundFamily) else longest_input(config, files)


def weights_in(name: str, config: Mapping[str, Any], folder: Path) -> dict[str, torch.Tensor]:
    """The body's weights out of a ``folder`` saved by transformers or from the hub; its content may have heads.

    Raises:
        Unavailable: some that the body needs are missing or of another shape.
        UserError: see `family_of`.
    """
    from headstart.backbones._random import seeded

    family = family_of(name, config)
    try:
        with seeded(0):  # whatever is missing is drawn before it is said to be
            tensors, missing = family.stored(folder, family.configured(config))
    except (RuntimeError, OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise Unavailable(f"The weights of {name} are not those of a {family.kind} model ({reason}).") from error
    if missing:
        raise Unavailable(f"The weights of {name} are not those of a {family.kind} model ('{missing[0]}' is missing).")
    return tensors


def chosen(name: str, config: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Those of ``tensors``, which have the body's names, that the body has.

    Raises:
        Unavailable: some are missing.
        UserError: see `family_of`.
    """
    import torch

    family = family_of(name, config)
    with torch.device("meta"):
        wanted = family.body(family.configured(config)).state_dict()
    missing = [each for each in wanted if each not in tensors]
    if missing:
        raise Unavailable(f"The weights of {name} are not those of a {family.kind} model ('{missing[0]}' is missing).")
    return {each: tensors[each] for each in wanted}
