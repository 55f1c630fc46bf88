"""Models of texts and sounds from the hub, in the formats of transformers and sentence-transformers."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headstart.backbones import _hub, _store
from headstart.backbones._hub_models import ALIASES, TRANSFORMERS
from headstart.core.backbone import Backbone, BackboneInfo, Source
from headstart.core.errors import Unavailable
from headstart.core.licences import UNSTATED
from headstart.core.progress import Progress

SOURCE = "transformers"
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
CONFIG = "config.json"
SENTENCES = "sentence_bert_config.json"
VOCABULARIES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "sentencepiece.bpe.model",
    "spiece.model",
    "tokenizer.model",
)


class Transformers(Source):
    """``transformers:ORGANISATION/MODEL`` or ``transformers:ORGANISATION/MODEL@REVISION``."""

    def infos(self) -> tuple[BackboneInfo, ...]:
        """The well-known ones, and whatever else is in the store."""
        return _store.listed(SOURCE, TRANSFORMERS)

    def find(self, identifier: str) -> BackboneInfo | None:
        """See `Source.find`.

        A repository that neither the list, the store nor the hub's cache knows is taken at its word: its facts are
        unknown (0) until it has been pulled. What has no ``organisation/`` is not taken for a repository.

        Raises:
            UserError: the hub's cache says that it is a kind of model headstart cannot adapt.
        """
        repo, revision = _hub.split_revision(identifier)
        repo = ALIASES.get(repo, repo)
        name = f"{SOURCE}:{repo}" + ("" if revision == _hub.MAIN else f"@{revision}")
        for info in self.infos():
            if info.name == name:
                return info
        if not REPOSITORY.fullmatch(repo):
            return None
        config = _hub.cached_file(repo, CONFIG, revision)
        return _unknown(name) if config is None else _info(name, _read(config), {})

    def in_store(self, info: BackboneInfo) -> bool:
        """See `Source.in_store`."""
        return _store.is_stored(info.name)

    def pull(self, info: BackboneInfo, progress: Progress) -> None:
        """See `Source.pull`. A stored model is kept if it is intact and fetched anew if not.

        Raises:
            UserError: it is a kind of model headstart cannot adapt; nothing but its configuration was fetched.
        """
        from headstart.backbones._families import family_of, weights_in
        from headstart.backbones._sound_family import EXTRACTOR
        from headstart.backbones._text import TOKENIZER_FILES

        if _store.is_intact(info.name):
            progress.say(f"{info.name} is already in the local store.")
            return
        repo, revision = _hub.split_revision(info.name.partition(":")[2])
        repository = _hub.look_up(info.name, repo, revision)
        with _store.adding(info.name, room=2 * repository.bytes) as arrival:
            config = _read(_hub.take(repository, CONFIG, arrival.scratch))
            reads_texts = family_of(info.name, config).modality == "text"
            wanted = [*TOKENIZER_FILES, SENTENCES] if reads_texts else [EXTRACTOR]
            files = _hub.take_if_there(repository, wanted, arrival.scratch)
            small = {name: file.read_bytes() for name, file in files.items() if name.endswith("_config.json")}
            counted = _info(info.name, config, small)
            info = counted if info.dim == 0 else dataclasses.replace(info, input=counted.input)
            path = _hub.take_weights(repository, arrival.downloads, progress, expected=info.sha256)
            arrival.write_tensors(weights_in(info.name, config, path.parent))
            if reads_texts:
                _save_tokenizer(info.name, files, arrival.files)
            else:
                for name, file in files.items():
                    (arrival.files / name).write_bytes(file.read_bytes())
            facts = dataclasses.replace(
                info,
                revision=repository.commit,
                sha256=_store.sha256_of(path),
                bytes=repository.bytes,
                licence=_hub.licence(info, repository),
            )
            arrival.describe(facts, config=config)

    def load(self, info: BackboneInfo, *, pretrained: bool = True, seed: int = 0, size: int | None = None) -> Backbone:
        """See `Source.load`; random weights too need the store, for the preprocessing."""
        from headstart.backbones._stored_body import sequence_backbone

        return sequence_backbone(info, pretrained=pretrained, seed=seed, size=size)


def _unknown(name: str) -> BackboneInfo:
    """A repository nothing is known about yet."""
    return BackboneInfo(name=name, modality="text", dim=0, parameters=0, gflops=0.0, input={}, **_unstated(name))


def _info(name: str, config: dict[str, Any], files: Mapping[str, bytes]) -> BackboneInfo:
    from headstart.backbones._facts import sequence_info
    from headstart.backbones._families import native

    return sequence_info(name, config, {"name": name, **_unstated(name)}, size=native(name, config, files))


def _unstated(name: str) -> dict[str, Any]:
    _, revision = _hub.split_revision(name)
    return {
        "pretraining": UNSTATED,
        "licence": UNSTATED,
        "revision": revision,
        "sha256": "",
        "bytes": 0,
        "prior": 0.0,
        "prior_of": "unknown",
    }


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _save_tokenizer(name: str, files: Mapping[str, Path], into: Path) -> None:
    """Write the fast tokenizer, made from the vocabulary where the repository has no ``tokenizer.json``."""
    from headstart.backbones._text import TOKENIZER_FILES, read_tokenizer

    found = [path for file, path in files.items() if file in VOCABULARIES]
    tokenizer = read_tokenizer(found[0].parent) if found else None
    if tokenizer is None or not tokenizer.is_fast:
        raise Unavailable(f"{name} was not stored: its repository has no fast tokenizer. Choose another model.")
    tokenizer.save_pretrained(str(into))
    for path in into.iterdir():
        if path.name not in (*TOKENIZER_FILES, _store.WEIGHTS):
            path.unlink()
