"""The backbone contract over a tiny member of every family, and the source contract over every source."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from headstart.catalog import sources
from headstart.core.backbone import Backbone, Strength
from headstart.core.errors import Unavailable, UserError
from tests.backbones.members import (
    ALL,
    CLASSES,
    CODED,
    CUT,
    ENCODERS,
    FIXED,
    JOINED,
    OPAQUE,
    SOUND,
    TIMM,
    WHOLE,
    batch_of,
    head_for,
    make,
    raw_items,
)
from tests.backbones.tiny import TEXTS, clips, pictures


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=[*ALL, *JOINED])
def backbone(request: pytest.FixtureRequest) -> Backbone:
    return make(request.param)


def test_features_have_the_declared_width_and_are_finite_and_repeatable(backbone: Backbone) -> None:
    batch = batch_of(backbone)
    with torch.no_grad():
        features = backbone.encode(batch)
        assert torch.equal(features, backbone.encode(batch))
    assert features.shape == (3, backbone.info.dim)
    assert features.dtype == torch.float32
    assert torch.isfinite(features).all()
    assert (features[0] - features[1]).abs().max() > 1e-5


def test_a_fresh_body_is_in_evaluation_mode_and_float32(backbone: Backbone) -> None:
    assert not any(module.training for module in backbone.module.modules())
    assert {parameter.dtype for parameter in backbone.module.parameters()} == {torch.float32}


def _size(features: torch.Tensor) -> float:
    """What rounding is measured against: random weights make features of some families tens of thousands."""
    return max(1.0, float(features.abs().max()))


def test_features_of_one_item_do_not_depend_on_its_batch(backbone: Backbone) -> None:
    raw = raw_items(backbone)
    ready = [backbone.preprocess.item(item) for item in raw]
    with torch.no_grad():
        together = backbone.encode(backbone.preprocess.collate(ready))
        alone = torch.cat([backbone.encode(backbone.preprocess.collate([item])) for item in ready])
    torch.testing.assert_close(together, alone, atol=2e-5 * _size(together), rtol=1e-4)


def test_the_lean_backbone_gives_the_same_features_and_leaves_this_one_alone(backbone: Backbone) -> None:
    batch = batch_of(backbone)
    before = {name: tensor.clone() for name, tensor in backbone.module.state_dict().items()}
    with torch.no_grad():
        features = backbone.encode(batch)
        leaner = backbone.lean(batch).encode(batch)
    torch.testing.assert_close(leaner, features, atol=1e-4 * _size(features), rtol=1e-3)
    assert before.keys() == backbone.module.state_dict().keys()
    assert all(torch.equal(before[name], tensor) for name, tensor in backbone.module.state_dict().items())


def test_blocks_partition_the_parameters_from_input_to_output(backbone: Backbone) -> None:
    names = [name for name, _ in backbone.module.named_parameters()]
    owners = [[number for number, block in enumerate(backbone.blocks) if block.owns(name)] for name in names]
    assert all(len(owner) == 1 for owner in owners)
    modules = dict(backbone.module.named_modules())
    for block in backbone.blocks:
        assert block.modules
        assert all(module in modules for module in block.modules)
    sizes = [0] * len(backbone.blocks)
    for (_, parameter), (owner,) in zip(backbone.module.named_parameters(), owners, strict=True):
        sizes[owner] += parameter.numel()
    shares = [size / sum(sizes) for size in sizes]
    assert len(shares) >= 3
    assert max(shares) <= 0.85
    assert min(shares) > 0.003
    assert shares[-1] > 0.05


def test_buffers_belong_to_blocks_too(backbone: Backbone) -> None:
    for name, _ in backbone.module.named_buffers():
        assert sum(block.owns(name) for block in backbone.blocks) == 1, name


def test_the_body_can_be_cut_after_every_block(backbone: Backbone) -> None:
    batch = batch_of(backbone)
    with torch.no_grad():
        features = backbone.encode(batch)
        for boundary in range(1, len(backbone.blocks) + 1):
            activations = backbone.lower(batch, boundary)
            assert all(len(tensor) == 3 for tensor in activations.values())
            assert torch.equal(backbone.upper(activations, boundary), features)


def test_activations_split_by_item_join_in_any_company(backbone: Backbone) -> None:
    """What is stored of an item holds no padding, and stored items make the batch their company asks for."""
    raw = raw_items(backbone)
    ready = [backbone.preprocess.item(item) for item in raw]
    with torch.no_grad():
        for boundary in (1, len(backbone.blocks) - 1, len(backbone.blocks)):
            batch = backbone.lower(backbone.preprocess.collate(ready), boundary)
            parts = backbone.split(batch)
            again = backbone.join(parts)
            assert {name: t.shape for name, t in again.items()} == {name: t.shape for name, t in batch.items()}
            assert all(again[name].dtype == batch[name].dtype for name in batch)
            assert all(_channels_last(again[name]) == _channels_last(batch[name]) for name in batch)
            torch.testing.assert_close(backbone.upper(again, boundary), backbone.upper(batch, boundary))
            few = backbone.lower(backbone.preprocess.collate([ready[1], ready[0]]), boundary)
            joined = backbone.join([parts[1], parts[0]])
            assert {name: t.shape for name, t in joined.items()} == {name: t.shape for name, t in few.items()}
            torch.testing.assert_close(
                backbone.upper(joined, boundary), backbone.upper(few, boundary), atol=2e-5, rtol=1e-4
            )


def test_activations_go_on_from_boundary_to_boundary_and_stand_at_positions(backbone: Backbone) -> None:
    batch, count = batch_of(backbone), len(backbone.blocks)
    with torch.no_grad():
        for start in range(1, count + 1):
            state = backbone.lower(batch, start)
            for stop in {start, min(start + 1, count), count}:
                expected, found = backbone.lower(batch, stop), backbone.between(state, start, stop)
                assert found.keys() == expected.keys()
                for name, tensor in expected.items():
                    torch.testing.assert_close(found[name], tensor)
            dense = backbone.dense(state, start)
            assert dense.values.shape[:2] == dense.weights.shape
            assert dense.values.shape[0] == 3
            torch.testing.assert_close(dense.weights.sum(dim=1), torch.ones(3))
        assert torch.equal(backbone.dense(state, count).values[:, 0], backbone.encode(batch))


def _channels_last(tensor: torch.Tensor) -> bool:
    return tensor.ndim == 4 and tensor.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("strength", get_args(Strength))
def test_views_are_functions_of_their_seed_and_vary_where_it_says_so(backbone: Backbone, strength: Strength) -> None:
    raw = raw_items(backbone)[0]

    def made(ready: Any) -> torch.Tensor:
        return next(iter(backbone.preprocess.collate([ready]).values()))

    views = [made(backbone.preprocess.view(raw, seed, strength)) for seed in range(6)]
    again = [made(backbone.preprocess.view(raw, seed, strength)) for seed in range(6)]
    assert all(torch.equal(one, other) for one, other in zip(views, again, strict=True))
    fixed = made(backbone.preprocess.item(raw))
    differs = any(view.shape != fixed.shape or not torch.equal(view, fixed) for view in views)
    assert differs is (strength in backbone.preprocess.varied)


@pytest.mark.parametrize("member", [*CUT, *ENCODERS, *SOUND, *JOINED])
def test_cutting_really_divides_the_work(member: str) -> None:
    """Blocks above the cut are not run below it, and the other way round."""
    backbone = make(member)
    batch = batch_of(backbone)
    boundary = len(backbone.blocks) - 1
    ran: set[str] = set()
    for name, module in backbone.module.named_modules():
        module.register_forward_hook(lambda *_, name=name: ran.add(name))
    with torch.no_grad():
        activations = backbone.lower(batch, boundary)
        below, ran_above = set(ran), set()
        ran.clear()
        backbone.upper(activations, boundary)
        ran_above |= ran
    for number, block in enumerate(backbone.blocks):
        inside = {name for name in below | ran_above if block.owns(f"{name}.")}
        assert inside
        assert inside.isdisjoint(ran_above if number < boundary else below)


@pytest.mark.parametrize("member", WHOLE)
def test_a_family_that_cannot_be_cut_hands_its_input_on(member: str) -> None:
    backbone = make(member)
    batch = batch_of(backbone)
    assert torch.equal(backbone.lower(batch, 1)["pixel_values"], batch["pixel_values"])


def test_gradients_reach_every_block(backbone: Backbone) -> None:
    body = copy.deepcopy(backbone)
    body.module.requires_grad_(True)
    features = body.encode(batch_of(body))
    # Each number counts differently: features may be of unit norm.
    (features * torch.linspace(-1.0, 2.0, features.shape[1])).sum().backward()
    for block in body.blocks:
        gradients = [p.grad for name, p in body.module.named_parameters() if block.owns(name) and p.grad is not None]
        assert any(bool(gradient.any()) for gradient in gradients)


def test_copies_are_independent(backbone: Backbone) -> None:
    copied = copy.deepcopy(backbone)
    with torch.no_grad():
        before = backbone.encode(batch_of(backbone))
        for parameter in copied.module.parameters():
            parameter.zero_()
        assert torch.equal(backbone.encode(batch_of(backbone)), before)
        changed = copied.encode(batch_of(copied))
    assert not torch.equal(changed, before)


def test_half_precision_runs_and_stays_close(backbone: Backbone) -> None:
    batch = batch_of(backbone)
    fast = copy.deepcopy(backbone)
    fast.module.to(torch.bfloat16)
    with torch.no_grad():
        exact = backbone.encode(batch)
        halved = {name: t.bfloat16() if t.is_floating_point() else t for name, t in batch.items()}
        rough = fast.encode(halved).float()
    assert torch.nn.functional.cosine_similarity(exact, rough).min() > 0.98


@pytest.mark.parametrize("member", ALL)
def test_random_weights_follow_the_seed_and_leave_the_global_generator_alone(member: str) -> None:
    state = torch.random.get_rng_state()
    first, again, other = (make(member, seed=seed).module.state_dict() for seed in (3, 3, 4))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize("member", [name for name in TIMM if name not in FIXED])
def test_another_size_changes_the_key_and_shows_the_whole_frame(member: str) -> None:
    native = make(member)
    size = native.info.input["size"] + 32
    larger = make(member, size=size)
    assert larger.preprocess.key != native.preprocess.key
    assert larger.preprocess.key == make(member, size=size).preprocess.key
    assert json.loads(larger.preprocess.key)["crop_pct"] == 1.0
    assert larger.info.input == {"size": size}
    batch = batch_of(larger)
    assert batch["pixel_values"].shape == (3, 3, size, size)
    with torch.no_grad():
        assert larger.encode(batch).shape == (3, native.info.dim)


@pytest.mark.parametrize("member", FIXED)
def test_a_size_the_architecture_cannot_take_is_refused(member: str) -> None:
    with pytest.raises(UserError, match=rf"timm:{member} only takes images of \d+ pixels; leave the size out"):
        make(member, size=448)


READ_BACK = """
import json, sys
import numpy as np
import torch
from PIL import Image
from transformers import (
    AutoFeatureExtractor, AutoImageProcessor, AutoModelForAudioClassification, AutoModelForImageClassification,
    AutoModelForSequenceClassification, AutoTokenizer, pipeline,
)

torch.set_num_threads(1)
answers = {}
for job in json.load(sys.stdin):
    folder, items, reads = job["folder"], job["items"], job["folder"] + job["reads"]
    trusted = {"trust_remote_code": True} if job["coded"] else {}
    if job["modality"] == "image":
        processor = AutoImageProcessor.from_pretrained(reads)
        model = AutoModelForImageClassification.from_pretrained(folder, **trusted).eval()
        together = processor([Image.open(path) for path in items], return_tensors="pt")
        single = [processor(Image.open(path), return_tensors="pt") for path in items]
        trusted |= {"image_processor": reads} if job["reads"] else {}
        whole = pipeline("image-classification", model=folder, top_k=None, **trusted)
        said = [whole(path) for path in items]
    elif job["modality"] == "audio":
        extractor = AutoFeatureExtractor.from_pretrained(reads)
        model = AutoModelForAudioClassification.from_pretrained(folder, **trusted).eval()
        waves = [np.array(item, dtype=np.float32) for item in items]
        given = {"padding": True, "return_attention_mask": True} if job["varies"] else {}
        together = extractor(waves, sampling_rate=16000, return_tensors="pt", **given)
        single = [extractor(wave, sampling_rate=16000, return_tensors="pt") for wave in waves]
        trusted |= {"feature_extractor": reads} if job["reads"] else {}
        whole = pipeline("audio-classification", model=folder, top_k=None, **trusted)
        said = [whole({"raw": wave, "sampling_rate": 16000}) for wave in waves]
    else:
        tokenizer = AutoTokenizer.from_pretrained(reads)
        model = AutoModelForSequenceClassification.from_pretrained(folder, **trusted).eval()
        together = tokenizer(items, padding=True, truncation=True, return_tensors="pt")
        single = [tokenizer(text, truncation=True, return_tensors="pt") for text in items]
        trusted |= {"tokenizer": reads} if job["reads"] else {}
        said = pipeline("text-classification", model=folder, top_k=None, **trusted)(items, truncation=True)
    with torch.no_grad():
        batch = model(**together).logits.double().softmax(dim=1)
        ones = torch.cat([model(**one).logits for one in single]).double().softmax(dim=1)
    answers[folder] = {
        "batch": batch.tolist(),
        "ones": ones.tolist(),
        "pipeline": [{answer["label"]: answer["score"] for answer in found} for found in said],
    }
assert "headstart" not in sys.modules
print(json.dumps(answers))
"""


def test_exported_folders_give_the_same_probabilities_without_headstart(tmp_path: Path) -> None:
    """Every family, from raw files, through the Auto classes and through ``pipeline``, batched and one by one."""
    jobs, expected = [], {}
    paths = []
    for number, picture in enumerate(pictures()):
        paths.append(str(tmp_path / f"{number}.png"))
        picture.save(paths[-1])
    # At the weights' own rate: resampling belongs to who calls transformers.
    sounds = [clip.at(16000).samples.tolist() for clip in clips()]
    for member, layered in [
        *((member, False) for member in ALL),
        *((member, True) for member in ALL if member not in OPAQUE),
    ]:
        backbone = make(member).layered() if layered else make(member)
        folder = str(tmp_path / ("layered" if layered else "plain") / member)
        head = head_for(backbone)
        backbone.export(Path(folder), head, CLASSES)
        with torch.no_grad():
            logits = torch.from_numpy(head.logits(backbone.encode(batch_of(backbone)).double().numpy()))
        expected[folder] = logits.softmax(dim=1)
        items = {"image": paths, "text": TEXTS, "audio": sounds}[backbone.info.modality]
        varies = backbone.info.modality == "audio" and not backbone.fixed_shapes
        jobs.append(
            {
                "folder": folder,
                "modality": backbone.info.modality,
                "items": items,
                "varies": varies,
                "reads": "/body" * layered,
                "coded": layered or member in CODED,
            }
        )
    done = subprocess.run(
        [sys.executable, "-c", READ_BACK],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HF_MODULES_CACHE": str(tmp_path / "modules")},
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    for folder, wanted in expected.items():
        assert wanted.max() < 0.999  # probabilities that are all 0 or 1 would prove little
        # Of these transformers hears the silence behind a clip, too (`headstart.backbones._wave`).
        for way in ("ones",) if Path(folder).name in ("wav2vec2", "wavlm") else ("batch", "ones"):
            torch.testing.assert_close(
                torch.tensor(answers[folder][way], dtype=torch.float64), wanted, atol=1e-5, rtol=0
            )
        named = [[said[name] for name in CLASSES] for said in answers[folder]["pipeline"]]
        torch.testing.assert_close(torch.tensor(named, dtype=torch.float64), wanted, atol=1e-5, rtol=0)


# Sources -------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=sources.names())
def source(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HEADSTART_HOME", str(tmp_path / "home"))
    return sources.get(request.param)()


def test_what_is_listed_is_found_by_its_name(source) -> None:
    for info in source.infos():
        prefix, _, identifier = info.name.partition(":")
        assert prefix == info.source
        assert source.find(identifier) == info


def test_what_does_not_exist_is_not_found(source) -> None:
    assert source.find("no such thing") is None


def test_loading_what_is_not_there_says_what_to_run(source) -> None:
    for info in source.infos():
        assert not source.in_store(info)
        with pytest.raises(Unavailable, match=f"headstart models pull {info.name}"):
            source.load(info)


def test_listing_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from headstart.catalog import sources\n"
        "count = sum(len(sources.get(name)().infos()) for name in sources.names())\n"
        "heavy = {'torch', 'timm', 'transformers', 'numpy', 'huggingface_hub', 'onnx', 'PIL'} & set(sys.modules)\n"
        "assert count >= 18 and not heavy, (count, heavy)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
