"""The frozen loop that a performance engineer writes by hand, for texts: one pass and a ridge classifier.

    python frozen_texts.py FOLDER MODEL OUT.json

Texts are tokenised once, sorted by length and batched by a budget of tokens, so that hardly any padding is multiplied;
weights are in bfloat16 where the processor multiplies it. The time is the floor.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from _files import answer, texts
from _probe import fast_dtype, predicted
from tokenizers import Tokenizer
from transformers import BertModel

TOKENS = 256
BUDGET = 4096
"""Padded tokens in a batch."""


def main(folder: Path, weights: Path, out: Path) -> None:
    train, labels = texts(folder, "train")
    asked, _ = texts(folder, "test")
    features = _features(weights, [*train, *asked])
    answer(out, predicted(features[: len(train)], labels, features[len(train) :]))


@torch.inference_mode()
def _features(weights: Path, every: list[str]) -> np.ndarray:
    """The mean over tokens of the last layer at length one, ``(N, D)``, as the encoder was trained to be read."""
    tokenizer = Tokenizer.from_file(str(weights / "tokenizer.json"))
    tokenizer.enable_truncation(max_length=TOKENS)
    tokenizer.no_padding()
    ids = [encoding.ids for encoding in tokenizer.encode_batch(every)]
    model = BertModel.from_pretrained(weights, add_pooling_layer=False, dtype=fast_dtype()).eval()
    found = torch.empty(len(ids), model.config.hidden_size)
    for rows in _batches([len(each) for each in ids]):
        longest = max(len(ids[row]) for row in rows)
        tokens = torch.zeros((len(rows), longest), dtype=torch.int64)
        mask = torch.zeros((len(rows), longest), dtype=torch.int64)
        for place, row in enumerate(rows):
            tokens[place, : len(ids[row])] = torch.tensor(ids[row])
            mask[place, : len(ids[row])] = 1
        # Texts of one length need no mask, and attention without one is faster.
        even = bool(mask.all())
        hidden = model(input_ids=tokens, attention_mask=None if even else mask).last_hidden_state.float()
        weight = mask.unsqueeze(-1)
        found[rows] = (hidden * weight).sum(1) / weight.sum(1)
    return torch.nn.functional.normalize(found).numpy()


def _batches(lengths: list[int]) -> list[list[int]]:
    """Rows in order of length, as many to a batch as its longest text leaves room for."""
    batches: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batches and lengths[row] * (len(batches[-1]) + 1) <= BUDGET:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
