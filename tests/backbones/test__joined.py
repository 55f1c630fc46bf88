from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.backbones._joined import Joined, joined_exported, joined_info, parts_of
from headstart.backbones._packaged_models import MODELS
from headstart.backbones.local import Local, read_exported
from headstart.core.backbone import Backbone, BackboneInfo, Exported, LinearHead, Source
from headstart.core.errors import Unavailable, UserError
from headstart.core.progress import Silent
from tests.backbones.members import CLASSES, batch_of, head_for, make

LITE0, MOBILE, MINILM = (MODELS[name].info for name in ("efficientnet_lite0", "mobilenet_v2", "minilm_l6"))


def test_facts_are_those_of_all_parts():
    both = joined_info([LITE0, MOBILE])
    assert both.name == "packaged:efficientnet_lite0+packaged:mobilenet_v2"
    for fact in ("dim", "parameters", "gflops", "bytes"):
        assert getattr(both, fact) == getattr(LITE0, fact) + getattr(MOBILE, fact)
    assert both.prior == max(LITE0.prior, MOBILE.prior)
    assert both.rate == min(LITE0.rate, MOBILE.rate)
    assert both.classes == 0
    assert both.input == {"size": 224}
    assert both.sha256 not in (LITE0.sha256, MOBILE.sha256)
    assert joined_info([MOBILE, LITE0]).sha256 != both.sha256
    assert joined_info([LITE0, replace(MOBILE, licence="MIT")]).licence == f"{LITE0.licence} AND MIT"


def test_pictures_have_no_common_size_where_the_parts_want_different_ones():
    assert joined_info([LITE0, replace(MOBILE, input={"size": 160})]).input == {}
    sound = [replace(LITE0, modality="audio", input={"seconds": 30}), replace(MOBILE, modality="audio")]
    assert joined_info([sound[0], replace(sound[1], input={"seconds": 10})]).input == {"seconds": 10}


@pytest.mark.parametrize(
    ("given", "expected"), [((True, False), True), ((False, False), False), ((None, True), None), ((None, False), None)]
)
def test_batches_matter_if_they_do_to_any_part(given, expected):
    parts = [replace(LITE0, batch_norm=given[0]), replace(MOBILE, batch_norm=given[1])]
    assert joined_info(parts).batch_norm is expected


def test_what_is_not_counted_of_one_part_is_not_counted():
    assert joined_info([LITE0, replace(MOBILE, gflops=0.0)]).gflops == 0.0
    assert joined_info([LITE0, replace(MOBILE, dim=0)]).dim == 0


def test_models_of_different_items_are_refused_once_they_are_known():
    with pytest.raises(
        UserError, match=r"read different items: packaged:efficientnet_lite0 images, packaged:minilm_l6"
    ):
        joined_info([LITE0, MINILM])
    assert joined_info([LITE0, replace(MINILM, dim=0)]).modality == "image"


def test_one_model_twice_is_refused():
    with pytest.raises(UserError, match="names one model twice: features that are there already add nothing"):
        joined_info([LITE0, LITE0])


class Told(Source):
    """Notes what it is asked for."""

    def __init__(self, member: str, stored: bool = True) -> None:
        self.member, self.stored, self.asked = member, stored, list[object]()

    def infos(self) -> tuple[BackboneInfo, ...]:
        return ()

    def find(self, identifier: str) -> BackboneInfo | None:
        self.asked.append(identifier)
        return replace(make(self.member).info, revision="newer")

    def in_store(self, info: BackboneInfo) -> bool:
        return self.stored

    def pull(self, info: BackboneInfo, progress) -> None:
        self.stored = True

    def load(self, info, *, pretrained=True, seed=0, size=None) -> Backbone:
        self.asked.append((pretrained, seed, size))
        return make(self.member, seed=seed, size=size)


def test_every_part_comes_from_its_own_source():
    sources = [Told("test_resnet"), Told("test_vit", stored=False)]
    parts = [(source, make(source.member).info) for source in sources]
    joined = Joined(parts)
    assert joined.infos() == ()
    assert joined.classifier(joined.info) is None
    assert not joined.in_store(joined.info)
    joined.pull(joined.info, Silent())
    assert joined.in_store(joined.info)
    found = joined.find("whatever")
    assert found is not None
    assert found.revision == "newer+newer"
    backbone = joined.load(found, pretrained=False, seed=3, size=96)
    assert backbone.info.input == {"size": 96}
    # What its source knows by now is what a part is loaded as.
    assert [source.asked for source in sources] == [
        [name, name, (False, 3, 96)] for name in ("test_resnet", "test_vit")
    ]
    fresh = make("test_resnet+test_vit", seed=3, size=96).module.state_dict()
    assert all(torch.equal(tensor, fresh[name]) for name, tensor in backbone.module.state_dict().items())


def exported(folder: Path) -> Backbone:
    backbone = make("test_resnet+test_vit")
    backbone.export(folder, head_for(backbone), CLASSES)
    return backbone


def test_an_exported_model_is_one_to_adapt_again(tmp_path: Path):
    backbone = exported(tmp_path / "run/model")
    for named in (tmp_path / "run", tmp_path / "run/model"):
        info = Local().find(str(named))
        assert info is not None
        assert (info.name, info.dim, info.classes) == (f"local:{named}", backbone.info.dim, 0)
        assert Local().in_store(info)
        assert Local().classifier(info) is None
        again = Local().load(info)
        assert again.info.name == info.name
        with torch.no_grad():
            torch.testing.assert_close(again.encode(batch_of(again)), backbone.encode(batch_of(backbone)))
        fresh = Local().load(info, pretrained=False, seed=5).module.state_dict()
        expected = make("test_resnet+test_vit", seed=5).module.state_dict()
        assert all(torch.equal(fresh[name], tensor) for name, tensor in expected.items())
        assert Local().load(info, size=96).info.input == {"size": 96}


def test_joined_models_are_joined_again(tmp_path: Path):
    exported(tmp_path / "both")
    third = make("test_efficientnet")
    third.export(tmp_path / "third", head_for(third), CLASSES)
    parts = [(Local(), Local().find(str(tmp_path / name))) for name in ("both", "third")]
    source = Joined([(each, info) for each, info in parts if info is not None])
    backbone = source.load(source.info)
    assert len(backbone.parts) == 2
    head = head_for(backbone)
    backbone.export(tmp_path / "all", head, CLASSES)
    with torch.no_grad():
        features = backbone.encode(batch_of(backbone))
        whole = read_exported(tmp_path / "all")
        found = whole.head.logits(whole.backbone.encode(batch_of(whole.backbone)).double().numpy())
        np.testing.assert_allclose(found, head.logits(features.double().numpy()), atol=1e-4)
        info = Local().find(str(tmp_path / "all"))
        assert info is not None
        again = Local().load(info)
        torch.testing.assert_close(again.encode(batch_of(again)), features)


@pytest.mark.parametrize("text", ["[]", "{}", "no JSON", '{"parts": 3}'])
def test_a_folder_that_does_not_name_its_parts_is_damaged(text: str, tmp_path: Path):
    exported(tmp_path)
    (tmp_path / "joined.json").write_text(text)
    with pytest.raises(Unavailable, match=re.escape(f"{tmp_path / 'joined.json'} is damaged, so the models of")):
        read_exported(tmp_path)


def test_a_folder_of_no_parts_is_damaged(tmp_path: Path):
    (tmp_path / "joined.json").write_text('{"parts": {}}')
    with pytest.raises(Unavailable, match="is damaged: it names no models"):
        parts_of(tmp_path)


def test_parts_lie_inside_the_folder_whatever_it_says(tmp_path: Path):
    (tmp_path / "joined.json").write_text('{"parts": ["../../0", "1"]}')
    assert parts_of(tmp_path) == (tmp_path / "0", tmp_path / "1")
    assert parts_of(tmp_path / "elsewhere") == ()


def test_parts_must_tell_the_same_classes_apart():
    head = LinearHead(weight=np.zeros((2, 96)), bias=np.zeros(2))
    parts = [Exported(backbone=make("test_resnet"), head=head, classes=classes) for classes in (("a", "b"), ("a", "c"))]
    with pytest.raises(Unavailable, match=r"The models of F tell different classes apart: \[\('a', 'b'\)"):
        joined_exported(parts, "F")
