from __future__ import annotations

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from headstart.backbones._text import TextPreprocess, longest_input, read_tokenizer
from headstart.core.backbone import Pieces
from headstart.core.errors import Unavailable
from tests.backbones.tiny import TEXTS, tokenizer_files, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "tokenizer", tokenizer_files())


def make(folder: Path, tokens: int = 16) -> TextPreprocess:
    return TextPreprocess(tokenizer_files(), read_tokenizer(folder), tokens)


def test_tokens_and_padding_are_transformers_own(folder: Path) -> None:
    preprocess = make(folder)
    batch = preprocess.collate([preprocess.item(text) for text in TEXTS])
    expected = read_tokenizer(folder)(TEXTS, padding=True, truncation=True, max_length=16, return_tensors="pt")
    assert torch.equal(batch["input_ids"], expected["input_ids"])
    assert torch.equal(batch["attention_mask"], expected["attention_mask"])


def test_items_are_cut_and_cost_their_length(folder: Path) -> None:
    preprocess = make(folder)
    ready = [preprocess.item(text) for text in [*TEXTS, ""]]
    assert preprocess.collate(ready[:2])["input_ids"].shape == (2, 7)
    assert preprocess.view(TEXTS[0], 7) == ready[0]


def test_strong_views_lack_tokens_but_never_all_nor_a_special_one(folder: Path) -> None:
    preprocess = make(folder)
    whole, lengths = preprocess.item(TEXTS[2]), []
    for seed in range(60):
        found = preprocess.view(TEXTS[2], seed, "strong")
        assert found == preprocess.view(TEXTS[2], seed, "strong")
        assert (found[0], found[-1]) == (whole[0], whole[-1])
        left = iter(whole)
        assert all(token in left for token in found)  # in their order
        lengths.append(len(found))
    assert {len(whole)} < set(lengths)
    assert abs(sum(lengths) / 60 - 2 - 0.9 * (len(whole) - 2)) < 0.5
    (word,) = preprocess.item("film")[1:-1]
    assert {tuple(preprocess.view("film", seed, "strong")) for seed in range(60)} == {tuple(preprocess.item("film"))}
    assert word in preprocess.view("film", 0, "strong")
    assert preprocess.view("", 0, "strong") == preprocess.item("")


@pytest.mark.parametrize("filler", [" ", "film ", "?? ", "\n\n"])
def test_what_is_sure_to_be_cut_off_is_not_tokenised(folder: Path, filler: str) -> None:
    """Twenty thousand characters, of which a few dozen count, or none."""
    preprocess = make(folder)
    for text in (filler * 4000 + TEXTS[0], TEXTS[0] + filler * 4000):
        assert preprocess.item(text) == read_tokenizer(folder)(text, truncation=True, max_length=16)["input_ids"]


def test_pieces_are_those_of_the_whole_text_and_no_special_ones(folder: Path) -> None:
    preprocess, tokenizer = make(folder, tokens=4), read_tokenizer(folder)
    text = f"{TEXTS[0]} {TEXTS[1]} \u2603"
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    found = preprocess.pieces(text)
    assert (found.words, found.pieces) == (len(text.split()), len(ids))
    assert found.unknown == ids.count(tokenizer.unk_token_id) > 0
    assert preprocess.pieces("") == Pieces(words=0, pieces=0, unknown=0)


def test_many_threads_get_the_same_tokens(folder: Path) -> None:
    preprocess = make(folder)
    texts = [TEXTS[number % 3] for number in range(300)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(preprocess.item, texts)) == [preprocess.item(text) for text in texts]


def test_using_the_tokenizer_elsewhere_changes_nothing(folder: Path) -> None:
    tokenizer = read_tokenizer(folder)
    preprocess = TextPreprocess(tokenizer_files(), tokenizer, 16)
    before = preprocess.item(TEXTS[2])
    tokenizer(TEXTS, padding="max_length", truncation=True, max_length=5)
    assert preprocess.item(TEXTS[2]) == before


def test_the_key_changes_with_the_length_and_the_vocabulary(folder: Path, tmp_path: Path) -> None:
    other = tokenizer_files()
    other["tokenizer.json"] = other["tokenizer.json"].replace(b'"film"', b'"movie"')
    other["vocab.txt"] = other["vocab.txt"].replace(b"film", b"movie")
    changed = TextPreprocess(other, read_tokenizer(write(tmp_path / "other", other)), 16)
    keys = {make(folder).key, make(folder, 17).key, changed.key}
    assert len(keys) == 3
    assert make(folder).key in keys
    assert "\n" not in make(folder).key


def test_copies_share_it(folder: Path) -> None:
    preprocess = make(folder)
    assert copy.deepcopy(preprocess) is preprocess


def test_the_exported_tokenizer_knows_its_length(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    make(folder, 9).export(out)
    assert json.loads((out / "tokenizer_config.json").read_text())["model_max_length"] == 9
    assert (out / "tokenizer.json").read_bytes() == tokenizer_files()["tokenizer.json"]


@pytest.mark.parametrize(
    ("config", "files", "expected"),
    [
        ({"model_type": "bert", "max_position_embeddings": 40}, {}, 40),
        ({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}, {}, 512),
        (
            {"model_type": "bert"},
            {"tokenizer_config.json": b'{"model_max_length": 1e30}'},
            512,
        ),
        ({"model_type": "bert"}, {"sentence_bert_config.json": b'{"max_seq_length": 128}'}, 128),
        ({"model_type": "bert"}, {"sentence_bert_config.json": b'{"max_seq_length": null}'}, 512),
        ({"model_type": "gpt2", "n_positions": 40}, {}, 40),
        ({"model_type": "llama", "max_position_embeddings": 8192}, {}, 512),
        ({"model_type": "xlnet"}, {}, 512),
    ],
)
def test_the_longest_input_is_the_least_limit(
    config: dict[str, object], files: dict[str, bytes], expected: int
) -> None:
    assert longest_input(config, files) == expected


@pytest.mark.parametrize("kind", ["xlnet", "t5", "llama", "gpt2", "modernbert"])
def test_special_tokens_types_and_fillers_are_transformers_own(kind: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "tokenizer", tokenizer_files(kind=kind))
    preprocess, theirs = TextPreprocess(tokenizer_files(kind=kind), read_tokenizer(folder), 16), read_tokenizer(folder)
    for text in TEXTS:
        batch = preprocess.collate([preprocess.item(text)])
        expected = theirs(text, truncation=True, max_length=16, return_tensors="pt")
        assert batch.keys() == expected.keys()
        assert all(torch.equal(batch[name], expected[name]) for name in batch)
    out = tmp_path / "out"
    out.mkdir()
    preprocess.export(out)
    assert read_tokenizer(out).pad_token_id == preprocess.padding


def with_tokens(**tokens: str | None):
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    files = tokenizer_files(kind="llama")
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(files["tokenizer.json"].decode()), **tokens)


@pytest.mark.parametrize(
    ("tokens", "padding"),
    [
        ({"pad_token": "[PAD]", "eos_token": "[SEP]"}, 0),
        ({"eos_token": "[SEP]"}, 3),
        ({"pad_token": "a", "eos_token": "[SEP]"}, 3),  # every text that is looked at ends with "a"
        ({"pad_token": "a", "unk_token": "[UNK]"}, 1),
    ],
)
def test_the_filler_is_no_token_that_texts_end_with(tokens: dict[str, str], padding: int) -> None:
    assert TextPreprocess({}, with_tokens(**tokens), 16).padding == padding


def test_without_a_token_for_it_no_batches_are_made() -> None:
    with pytest.raises(Unavailable, match=r"no token that can fill up batches: no pad_token, and no other .* Name one"):
        TextPreprocess({}, with_tokens(), 16)


def test_the_exported_tokenizer_pads_where_the_model_wants_it(folder: Path, tmp_path: Path) -> None:
    TextPreprocess(tokenizer_files(), read_tokenizer(folder), 16, "left").export(tmp_path)
    assert read_tokenizer(tmp_path).padding_side == "left"
