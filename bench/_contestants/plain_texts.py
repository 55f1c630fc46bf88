"""A plain transformers loop: the whole sequence classifier fine-tuned for five epochs.

    python plain_texts.py FOLDER MODEL OUT.json

What the library's own examples do: AdamW at 5e-5 with a tenth of the steps to warm up and a straight way down after
that, batches of 16, weight decay 0.01, gradients clipped at 1, float32, padded to the longest text of a batch.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from _files import answer, texts
from torch.utils.data import DataLoader
from transformers import AutoModelForSequenceClassification, AutoTokenizer, get_linear_schedule_with_warmup

EPOCHS = 5
TOKENS = 256
"""What the sentence encoder was trained on, and what headstart reads of a text."""


def main(folder: Path, weights: Path, out: Path) -> None:
    torch.manual_seed(0)
    train, labels = texts(folder, "train")
    classes = sorted(set(labels))
    tokenizer = AutoTokenizer.from_pretrained(weights)
    model = AutoModelForSequenceClassification.from_pretrained(weights, num_labels=len(classes))

    def tokens(some: list[str]) -> dict[str, torch.Tensor]:
        return dict(tokenizer(some, padding=True, truncation=True, max_length=TOKENS, return_tensors="pt"))

    def batch(rows: list[int]) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        targets = torch.tensor([classes.index(labels[row]) for row in rows])
        return tokens([train[row] for row in rows]), targets

    loader = DataLoader(range(len(train)), batch_size=16, shuffle=True, collate_fn=batch)
    steps = EPOCHS * len(loader)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-5, weight_decay=0.01)
    schedule = get_linear_schedule_with_warmup(optimizer, steps // 10, steps)
    model.train()
    for _ in range(EPOCHS):
        for inputs, targets in loader:
            model(**inputs, labels=targets).loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
    model.eval()
    asked, _ = texts(folder, "test")
    with torch.inference_mode():
        logits = torch.cat([model(**tokens(asked[at : at + 32])).logits for at in range(0, len(asked), 32)])
    answer(out, [classes[k] for k in logits.argmax(1).tolist()])


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
