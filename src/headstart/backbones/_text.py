"""Texts to tokens with the model's own fast tokenizer."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from headstart.backbones._sequence_input import SequencePreprocess
from headstart.core.backbone import Pieces, Strength
from headstart.core.dataset import Modality
from headstart.core.errors import Unavailable

LONG = 64
"""Characters per token that are sure to fill the input: what comes after them is not tokenised only to be cut off."""
LONGEST = 512
"""Tokens that are read at most, whatever the model could: attention costs their square."""
DROPPED = 0.1
"""Share of the tokens that a strong view lacks."""
POSITIONS = ("max_position_embeddings", "n_positions")
"""Where ``config.json`` says how many tokens have a position."""
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
    "tokenizer.model",
)


class TextPreprocess(SequencePreprocess):
    """Tokens of a text, cut at ``tokens``. Immutable; copies share it.

    Attributes:
        files: the tokenizer's own files by name, as they go into the exported folder.
        tokens: longest input, special tokens included.
        padding: number of the token that fills up batches.
    """

    modality: Modality = "text"
    varied: frozenset[Strength] = frozenset({"strong"})

    def __init__(self, files: Mapping[str, bytes], tokenizer: Any, tokens: int, side: str = "right") -> None:
        """``tokenizer`` is what ``AutoTokenizer`` makes of ``files``; ``side`` is where the exported one pads.

        Raises:
            Unavailable: no token can fill up batches.
        """
        self.files = dict(files)
        self.tokens = tokens
        # The tokenizer transformers itself uses underneath: same tokens as in the exported folder. Truncation is set
        # once, here; encoding then only reads, which makes it safe to call from several threads.
        self._tokenizer = type(tokenizer.backend_tokenizer).from_str(tokenizer.backend_tokenizer.to_str())
        self._tokenizer.enable_truncation(max_length=tokens)
        self._tokenizer.no_padding()
        self._side = side
        self._filler = _filler(tokenizer)
        self.padding = int(tokenizer.convert_tokens_to_ids(self._filler))
        self._unknown = tokenizer.unk_token_id
        self._types = _types(self._tokenizer) if "token_type_ids" in tokenizer.model_input_names else None
        digest = hashlib.sha256(self._tokenizer.to_str().encode()).hexdigest()
        self._key = json.dumps({"view": "tokens", "tokenizer": digest, "tokens": tokens}, sort_keys=True)

    def __deepcopy__(self, memo: object) -> TextPreprocess:
        return self

    @property
    def told(self) -> dict[str, Any]:
        """See `SequencePreprocess.told`."""
        return {"pad_token_id": self.padding, "problem_type": "single_label_classification"}

    @property
    def key(self) -> str:
        """See `Preprocess.key`."""
        return self._key

    def item(self, raw: str) -> list[int]:
        """Token ids, at least the special tokens, at most ``tokens``."""
        return self._encoded(raw).ids

    def view(self, raw: str, seed: int, strength: Strength = "mild") -> list[int]:
        """A mild view is the text itself; a strong one lacks some of its tokens, but never all nor a special one.

        Random deletion (Wei and Zou 2019, arXiv 1901.11196, section 2) of tokens in place of words. A function of
        ``seed``.
        """
        encoded = self._encoded(raw)
        if strength == "mild":
            return encoded.ids
        draw = random.Random(seed)
        stays = [special or draw.random() >= DROPPED for special in encoded.special_tokens_mask]
        if sum(stays) == sum(encoded.special_tokens_mask):
            return encoded.ids
        return [token for token, kept in zip(encoded.ids, stays, strict=True) if kept]

    def pieces(self, raw: str) -> Pieces:
        """See `Preprocess.pieces`: of the whole text, up to `LONG` characters per token of the longest input."""
        start = raw[: LONG * self.tokens]
        first = self._tokenizer.encode(start, add_special_tokens=False)
        tokens = [token for part in (first, *first.overflowing) for token in part.ids]
        return Pieces(words=len(start.split()), pieces=len(tokens), unknown=tokens.count(self._unknown))

    def _encoded(self, raw: str) -> Any:
        start = raw[: LONG * self.tokens]
        encoded = self._tokenizer.encode(start)
        # Blanks and unknown signs may give few tokens. The cut itself may only change tokens far beyond the last kept.
        if len(start) < len(raw) and len(encoded.overflowing) < 2:
            encoded = self._tokenizer.encode(raw)
        return encoded

    def collate(self, ready: Sequence[list[int]]) -> dict[str, torch.Tensor]:
        """``input_ids`` and ``attention_mask (B, L)``, int64, padded on the right to the longest of the batch.

        ``token_type_ids`` besides, where the tokenizer has others than 0 for a single text.
        """
        longest = max(len(ids) for ids in ready)
        ids = torch.full((len(ready), longest), self.padding, dtype=torch.int64)
        mask = torch.zeros((len(ready), longest), dtype=torch.int64)
        for row, tokens in enumerate(ready):
            ids[row, : len(tokens)] = torch.tensor(tokens, dtype=torch.int64)
            mask[row, : len(tokens)] = 1
        batch = {"input_ids": ids, "attention_mask": mask}
        if self._types is not None:
            before, after = self._types
            batch["token_type_ids"] = torch.zeros_like(ids)
            for row, tokens in enumerate(ready):
                batch["token_type_ids"][row, : len(before)] = torch.tensor(before)
                batch["token_type_ids"][row, len(tokens) - len(after) : len(tokens)] = torch.tensor(after)
        return batch

    def export(self, folder: Path) -> None:
        """Write the tokenizer's files, with its longest input, its filler and where it goes set as they are here."""
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        config = json.loads(self.files.get("tokenizer_config.json", b"{}"))
        config["model_max_length"] = self.tokens
        config |= {"pad_token": self._filler, "padding_side": self._side}
        text = json.dumps(config, indent=2, ensure_ascii=False)
        (folder / "tokenizer_config.json").write_text(text, encoding="utf-8")


def _filler(tokenizer: Any) -> str:
    """The token that fills up batches. Models that read the last token tell it by this one's being another: where a
    tokenizer has none, or ends every text with it, it is one that no text ends with.
    """
    last = tokenizer("a")["input_ids"][-1]
    for token in (tokenizer.pad_token, tokenizer.eos_token, tokenizer.unk_token, tokenizer.bos_token):
        if token is not None and tokenizer.convert_tokens_to_ids(token) != last:
            return token
    raise Unavailable(
        f"The tokenizer of {tokenizer.name_or_path or 'this model'} has no token that can fill up batches: no "
        "pad_token, and no other that texts do not end with. Name one in its tokenizer_config.json."
    )


def _types(tokenizer: Any) -> tuple[list[int], list[int]] | None:
    """Types of the special tokens before and after a single text; None where they, and the text's, are all 0."""
    encoded = tokenizer.encode("a")
    if not any(encoded.type_ids):
        return None
    inside = [place for place, special in enumerate(encoded.special_tokens_mask) if not special]
    return encoded.type_ids[: inside[0]], encoded.type_ids[inside[-1] + 1 :]


def longest_input(config: Mapping[str, Any], files: Mapping[str, bytes]) -> int:
    """Longest input in tokens: the least of what model, tokenizer and sentence-transformers' own file say."""
    limits = [int(next((config[key] for key in POSITIONS if config.get(key)), LONGEST))]
    if config.get("model_type") in ("roberta", "xlm-roberta"):
        limits[0] -= int(config.get("pad_token_id", 1)) + 1  # RoBERTa numbers positions after the padding index
    for name, key in (("tokenizer_config.json", "model_max_length"), ("sentence_bert_config.json", "max_seq_length")):
        value = json.loads(files.get(name, b"{}")).get(key)
        limits += [int(value)] if value else []
    return min(LONGEST, *limits)


def tokenizer_files(folder: Path) -> dict[str, bytes]:
    """The tokenizer's files in a folder, by name."""
    return {name: (folder / name).read_bytes() for name in TOKENIZER_FILES if (folder / name).is_file()}


def read_tokenizer(folder: Path) -> Any:
    """The fast tokenizer of a folder, from its files alone."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
