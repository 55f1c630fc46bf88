import re
from dataclasses import replace

import pytest

from headstart.backbones._packaged_models import MODELS
from headstart.backbones.packaged import Packaged
from headstart.core.errors import UserError
from headstart.pool import CURATED, find, known, resolve

LITE0 = "packaged:efficientnet_lite0"


@pytest.fixture(autouse=True)
def _empty_store(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSTART_HOME", str(tmp_path))


def names(members) -> list[str]:
    return [member.info.name for member in members]


def test_every_known_model_is_found_by_its_full_name():
    assert known()
    for member in known():
        assert find(member.info.name).info == member.info


def test_an_identifier_alone_is_enough_where_one_source_has_it():
    assert find("efficientnet_lite0").info.name == LITE0


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "packaged:efficientnet_lite9",
            "Source 'packaged' has no model 'efficientnet_lite9'. Did you mean 'packaged:eff",
        ),
        (
            "eficientnet_lite0",
            "Unknown model 'eficientnet_lite0'. Did you mean 'efficientnet_lite0'? `headstart models`",
        ),
    ],
)
def test_an_unknown_model_gets_the_nearest_name(name, sentence):
    with pytest.raises(UserError, match=re.escape(sentence)):
        find(name)


def test_a_model_leaves_nothing_to_choose():
    assert names(resolve(LITE0, (), "image")) == [LITE0]
    with pytest.raises(UserError, match=f"Both --model {LITE0} and --pool were given"):
        resolve(LITE0, ["packaged:mobilenet_v2"], "image")


def test_a_pool_is_taken_in_its_order_and_once():
    pool = ["packaged:mobilenet_v2", LITE0, "packaged:mobilenet_v2"]
    assert names(resolve("auto", pool, "image")) == pool[:2]


def test_all_unknown_names_of_a_pool_come_together():
    with pytest.raises(UserError) as caught:
        resolve("auto", ["nonsense", LITE0, "packaged:nothing"], None)
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("modality", ["image", "text"])
def test_without_names_the_packaged_models_of_the_kind_are_the_pool(modality):
    found = resolve("auto", (), modality)
    assert found
    assert {member.info.modality for member in found} == {modality}
    assert {member.info.source for member in found} == {"packaged"}


def test_the_curated_pool_is_all_that_is_known_with_an_accuracy():
    found = names(resolve("auto", [CURATED], "image"))
    assert {"timm:resnet50.a1_in1k", LITE0} <= set(found)
    assert found == names(resolve("auto", ["curated"], "image"))
    assert {member.info.modality for member in resolve("auto", [CURATED], "text")} == {"text"}
    assert {member.info.modality for member in resolve("auto", [CURATED], None)} == {"image", "text", "audio"}
    assert all(member.info.prior for member in resolve("auto", [CURATED], None))
    assert names(resolve("auto", [LITE0, CURATED], "image"))[0] == LITE0
    assert names(resolve("auto", [LITE0, CURATED], "image")).count(LITE0) == 1


def test_models_whose_licence_is_not_known_to_be_permissive_are_left_out_or_refused(monkeypatch):
    restricted = replace(find(LITE0).info, licence="CC-BY-NC-4.0")
    monkeypatch.setattr(Packaged, "infos", lambda self: (restricted, find_info("mobilenet_v2")))
    monkeypatch.setattr(Packaged, "find", lambda self, name: {"efficientnet_lite0": restricted}.get(name))
    assert names(resolve("auto", (), "image")) == [LITE0, "packaged:mobilenet_v2"]
    assert names(resolve("auto", (), "image", "permissive")) == ["packaged:mobilenet_v2"]
    for asked in ((LITE0, ()), ("auto", (LITE0,))):
        with pytest.raises(
            UserError, match=rf"^{LITE0} is not known to have a permissive licence \('CC-BY-NC-4.0'\): "
        ):
            resolve(*asked, "image", "permissive")
    with pytest.raises(UserError, match="`headstart models pull transformers:a/b` records what its publisher states"):
        resolve("transformers:a/b", (), "text", "permissive")
    with pytest.raises(UserError, match=r"^Licence 'free' is not a choice; give any or permissive\.$"):
        resolve("auto", (), "image", "free")


def find_info(name: str):
    return MODELS[name].info


def test_what_nobody_has_rated_is_asked_for_by_name():
    rated = names(resolve("auto", (), "text"))
    assert "packaged:smollm2_135m" not in rated
    assert "packaged:minilm_l6" in rated
    assert names(resolve("packaged:smollm2_135m", (), "text")) == ["packaged:smollm2_135m"]


def test_models_with_a_sign_between_them_are_one():
    both = find(f"{LITE0}+packaged:mobilenet_v2")
    assert both.info.name == f"{LITE0}+packaged:mobilenet_v2"
    assert both.info.dim == find(LITE0).info.dim + find_info("mobilenet_v2").dim
    assert find("efficientnet_lite0+mobilenet_v2").info == both.info
    assert find(both.info.name).info == both.info
    assert both.refreshed().info == both.info
    assert names(resolve("auto", [both.info.name, LITE0], "image", "permissive")) == [both.info.name, LITE0]
    with pytest.raises(UserError, match="Unknown model 'mobilenet_v9'"):
        find("efficientnet_lite0+mobilenet_v9")


def test_a_sign_in_a_path_joins_nothing(tmp_path):
    with pytest.raises(
        UserError, match=r"Source 'local' has no model '.*a\+b'\. It takes the path of a run folder, or"
    ):
        find(f"local:{tmp_path}/a+b")
    twice = f"local:{tmp_path}/a+b+local:{tmp_path}/c"
    with pytest.raises(UserError, match=re.escape(f"Source 'local' has no model '{tmp_path}/a+b'")):
        find(twice)
