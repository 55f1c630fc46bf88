from __future__ import annotations

import pytest

from headstart.backbones._facts import sequence_info
from headstart.backbones._hub_models import ALIASES, TIMM, TRANSFORMERS
from headstart.backbones._packaged_models import _bert_config


def test_every_name_carries_its_source_and_every_alias_a_repository() -> None:
    assert all(info.source == "timm" for info in TIMM)
    assert all(info.source == "transformers" for info in TRANSFORMERS)
    assert all("/" in repo and repo.endswith(short) for short, repo in ALIASES.items())


def test_rates_fit_the_family() -> None:
    rates = {info.name.removeprefix("timm:").partition(".")[0]: (info.family, info.rate) for info in TIMM}
    assert rates["resnet50"] == ("resnet", 3e-4)
    assert rates["vit_small_patch16_224"] == ("vision_transformer", 5e-5)
    assert rates["vit_small_patch14_dinov2"] == ("dinov2", 3e-5)


@pytest.mark.parametrize(
    ("repo", "layers", "width"),
    [
        ("sentence-transformers/all-MiniLM-L6-v2", 6, 384),
        ("BAAI/bge-small-en-v1.5", 12, 384),
        ("google-bert/bert-base-uncased", 12, 768),
    ],
)
def test_the_written_facts_of_encoders_are_what_counting_gives(repo: str, layers: int, width: int) -> None:
    written = next(info for info in TRANSFORMERS if info.name == f"transformers:{repo}")
    config = {**_bert_config(layers), "hidden_size": width, "intermediate_size": 4 * width}
    known = {"name": written.name, "pretraining": "", "licence": "", "revision": "", "sha256": "", "bytes": 0}
    counted = sequence_info(written.name, config, {**known, "prior": 0.0, "prior_of": ""}, size=512)
    assert (written.dim, written.parameters) == (counted.dim, counted.parameters)
    assert written.gflops == pytest.approx(counted.gflops, abs=1e-3)
