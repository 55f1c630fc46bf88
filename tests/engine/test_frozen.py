"""Trained on stored outputs of frozen blocks or on those computed in every epoch: the same, on real architectures."""

from __future__ import annotations

import gc
import hashlib
import math
import shutil
import weakref
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.core.backbone import Backbone, LinearHead
from headstart.core.progress import Silent
from headstart.engine import activations
from headstart.engine.device import autocast
from headstart.engine.examples import Examples, Settings
from headstart.engine.fitting import Fitted
from headstart.engine.frozen import Frozen
from headstart.engine.inputs import Inputs
from headstart.engine.items import Items
from headstart.engine.journal import Journal
from headstart.engine.ready import Ready
from headstart.engine.room import Room
from headstart.engine.supervised import fit
from headstart.engine.views import View, Views
from headstart.strategies.last_blocks import LastBlocks
from headstart.tasks.classification import Classification
from tests.backbones.members import make
from tests.engine import toys
from tests.listening import Listener

COUNT = 24
SENTENCE = ["the", "film", "was", "not", "very", "good", "."]
Usage = namedtuple("Usage", "total used free")


def items_for(backbone: Backbone) -> Items:
    """Pictures, or texts of 1 to 20 words in no order of length."""
    if backbone.info.modality == "image":
        return toys.labelled(COUNT).items
    draw = np.random.default_rng(0)
    texts = [" ".join(draw.choice(SENTENCE, size=draw.integers(1, 21))) for _ in range(COUNT)]
    return Items(
        digests=[hashlib.sha256(f"{number} {text}".encode()).hexdigest() for number, text in enumerate(texts)],
        lengths=np.array([len(text) for text in texts]),
        read=lambda position, _=None: texts[position],
    )


def trained(backbone: Backbone, room: Room, *, views: bool = False) -> tuple[Fitted, Inputs]:
    """The last block trained for three epochs, on three quarters of the items."""
    augment = "mild" if views else "none"
    schedule = replace(LastBlocks().schedule, epochs=3, batch_size=8, warmup_steps=2, augment=augment, rate_scale=30.0)
    strategy = LastBlocks(schedule=schedule)
    boundary, rows = strategy.prepare(backbone).frozen_blocks, np.flatnonzero(np.arange(COUNT) % 4)
    inputs = toys.inputs(backbone, boundary, items_for(backbone), views=Views.of(schedule), room=room)
    weight = np.random.default_rng(1).normal(size=(2, backbone.info.dim)) / np.sqrt(backbone.info.dim)
    examples = Examples(
        inputs=inputs,
        rows=rows,
        targets=rows // 4 % 2,
        task=Classification(classes=("left", "right")),
        class_weights=[1.0, 1.0],
    )
    head = LinearHead(weight=weight, bias=np.zeros(2))
    return fit(strategy, backbone, head, examples, Settings(seed=3), progress=Silent()), inputs


def on_disk(folder: Path, heard: Silent | None = None) -> Room:
    """A room that keeps even a little on disk, as in a run folder."""
    return Room(folder / "activations", Journal(folder / "journal", {}), heard or Silent())


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny networks would be computed faster than read."""
    monkeypatch.setattr("headstart.engine.room.READ", math.inf)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither memory nor disk has room."""
    monkeypatch.setattr("headstart.engine.room.MEMORY", 0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(total=1, used=1, free=0))


@pytest.mark.parametrize("views", [False, True])
@pytest.mark.parametrize("member", ["test_efficientnet", "test_resnet", "test_vit", "test_mambaout", "bert", "roberta"])
def test_losses_on_stored_outputs_are_those_of_the_whole_network(
    member: str, views: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    backbone = make(member)
    stored, kept = trained(backbone, on_disk(tmp_path), views=views)
    assert kept.stored
    assert list((tmp_path / "activations").rglob("*.safetensors"))
    memory, _ = trained(backbone, Room(), views=views)
    monkeypatch.setattr("headstart.engine.room.MEMORY", 0)
    computed, not_kept = trained(backbone, Room(), views=views)
    assert not not_kept.stored
    assert stored.losses == memory.losses
    assert np.allclose(stored.losses, computed.losses, rtol=0, atol=1e-5)
    assert abs(computed.losses[0] - computed.losses[-1]) > 2e-5  # something was learnt, beyond that tolerance
    for name, tensor in computed.backbone.module.state_dict().items():
        assert torch.allclose(stored.backbone.module.state_dict()[name], tensor, atol=1e-4), name


@pytest.mark.parametrize("member", ["test_efficientnet", "bert"])
def test_what_is_stored_is_bit_for_bit_what_the_blocks_gave(member: str, tmp_path: Path):
    """Also in bfloat16, which takes no room of float32 then."""
    backbone, dtype = make(member), torch.bfloat16
    items = items_for(backbone)
    ready = Ready(backbone, items)
    frozen = Frozen(backbone, 2, ready, views=Views(), dtype=dtype, room=on_disk(tmp_path))
    kept = frozen.kept(None)
    assert kept is not None
    groups = frozen._groups()
    assert np.array_equal(np.sort(np.concatenate(groups)), np.arange(COUNT))
    for group in groups:
        batch = backbone.preprocess.collate([backbone.preprocess.item(items.read(int(n))) for n in group])
        with torch.no_grad(), autocast(dtype):
            expected = backbone.split(backbone.lower(batch, 2))
        for one, other in zip(kept.take(group), expected, strict=True):
            assert all(torch.equal(one[name], other[name]) and one[name].dtype == other[name].dtype for name in other)


def test_the_estimate_is_what_the_files_then_take(tmp_path: Path):
    for member in ("test_efficientnet", "bert"):
        backbone = make(member)
        ready = Ready(backbone, items_for(backbone))
        frozen = Frozen(backbone, 1, ready, views=Views(count=3), dtype=torch.float32, room=on_disk(tmp_path / member))
        kept = frozen.kept(None)
        assert kept is not None
        written = sum(t.nbytes for part in kept.take(np.arange(COUNT)) for t in part.values())
        need = frozen._need()
        assert need.bytes == pytest.approx(3 * written, rel=1e-6)
        assert need.seconds > 0


@pytest.mark.usefixtures("nowhere")
def test_when_the_disk_is_short_blocks_run_in_every_epoch_and_it_is_said_once(tmp_path: Path):
    heard, backbone = Listener(), make("test_efficientnet")
    _, inputs = trained(backbone, on_disk(tmp_path, heard))
    assert not inputs.stored
    assert not list(tmp_path.rglob("*.safetensors"))
    assert len(heard.said) == 1
    assert heard.said[0].startswith("Outputs of the frozen blocks of timm:test_efficientnet would take 0.0 GB on disk")


def test_a_disk_that_fills_during_the_pass_ends_the_storing_and_not_the_run(tmp_path: Path, monkeypatch):
    heard, backbone = Listener(), make("test_efficientnet")
    expected, _ = trained(backbone, Room())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(activations, "write_atomically", full)
    fitted, inputs = trained(backbone, on_disk(tmp_path, heard))
    assert np.allclose(fitted.losses, expected.losses, rtol=0, atol=1e-5)
    assert not inputs.stored
    assert not list((tmp_path / "activations").rglob("*"))
    assert [sentence.partition(": ")[2] for sentence in heard.said] == [
        "no space left on device. Frozen blocks are run again in every epoch, which is slower."
    ]
    monkeypatch.undo()
    resumed, inputs = trained(backbone, on_disk(tmp_path, again := Listener()))
    assert resumed.losses == fitted.losses
    assert not inputs.stored  # though there is room by now
    assert again.said == heard.said


def test_a_disk_on_which_not_even_a_folder_can_be_made_ends_the_storing_and_not_the_run(tmp_path: Path):
    heard, backbone = Listener(), make("test_efficientnet")
    room = on_disk(tmp_path, heard)
    frozen = Frozen(backbone, 1, Ready(backbone, items_for(backbone)), views=Views(), dtype=torch.float32, room=room)
    assert frozen.stored
    place = room.folder(frozen._name)
    place.write_bytes(b"in the way")
    assert frozen.kept(None) is None
    assert not frozen.stored
    assert not room._promised("disk")
    assert heard.said[0].startswith(f"Activations cannot be written to '{place / 'view None'}': not a directory.")


@pytest.mark.parametrize("member", ["test_efficientnet", "bert"])
def test_a_killed_pass_goes_on_after_its_last_shard(member: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for module, name, value in (("frozen", "SHARD", 1), ("frozen", "BATCH", 4), ("frozen", "MOST_TEXTS", 4)):
        monkeypatch.setattr(f"headstart.engine.{module}.{name}", value)
    backbone = make(member)
    whole, _ = trained(backbone, on_disk(tmp_path / "whole"))
    write, written = activations.write_atomically, []

    def dying(path: Path, content: bytes) -> None:
        if len(written) == 3:
            path.with_suffix(".part").write_bytes(content[:10])
            raise KeyboardInterrupt
        written.append(path)
        write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(activations, "write_atomically", dying)
        with pytest.raises(KeyboardInterrupt):
            trained(backbone, on_disk(tmp_path))
    before = {path: path.stat().st_mtime_ns for path in written}
    resumed, _ = trained(backbone, on_disk(tmp_path))
    assert {path: path.stat().st_mtime_ns for path in written} == before
    assert len(list((tmp_path / "activations").rglob("*.safetensors"))) == COUNT // 4
    assert resumed.losses == whole.losses


def test_files_of_another_body_view_or_boundary_are_not_taken_for_ones_own(tmp_path: Path):
    items = items_for(make("test_efficientnet"))
    places = set()
    for seed, boundary, dtype in ((0, 1, torch.float32), (1, 1, torch.float32), (0, 2, torch.float32)):
        backbone = make("test_efficientnet", seed=seed)
        ready = Ready(backbone, items)
        frozen = Frozen(backbone, boundary, ready, views=Views(count=8), dtype=dtype, room=on_disk(tmp_path))
        for number in (5, 6):
            assert frozen.kept(View(number)) is not None
            places |= set((tmp_path / "activations").rglob("*.safetensors"))
    assert len(places) == 6
    narrow = Frozen(
        make("test_efficientnet"), 1, ready, views=Views(count=8), dtype=torch.bfloat16, room=on_disk(tmp_path)
    )
    fewer = Ready(ready_backbone := make("test_efficientnet"), items.subset(np.arange(5)))
    part = Frozen(ready_backbone, 1, fewer, views=Views(count=8), dtype=torch.float32, room=on_disk(tmp_path))
    strong = Frozen(backbone, 2, ready, views=Views(count=8, strength="strong"), dtype=dtype, room=on_disk(tmp_path))
    assert len({narrow._name, part._name, frozen._name, strong._name}) == 4


def test_without_a_journal_files_go_when_nothing_is_trained_on_them_any_more(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("headstart.engine.room.MEMORY", 0)
    backbone, folder = make("test_efficientnet"), tmp_path / "a"
    expected, inputs = trained(backbone, Room(folder))
    assert list(folder.rglob("*.safetensors"))
    inputs.give_back()
    assert not list(folder.rglob("*"))
    lasting, inputs = trained(backbone, on_disk(tmp_path))
    inputs.give_back()
    assert list((tmp_path / "activations").rglob("*.safetensors"))
    assert lasting.losses == expected.losses


def test_only_what_is_kept_is_promised_room_and_it_is_taken_back(tmp_path: Path):
    backbone, room = make("test_efficientnet"), Room(tmp_path)
    frozen = Frozen(backbone, 1, Ready(backbone, items_for(backbone)), views=Views(), dtype=torch.float32, room=room)
    assert frozen.stored
    assert not room._promised("memory")
    for _ in range(2):
        assert frozen.kept(None)
        assert room._promised("memory") == frozen._need().bytes
        frozen.give_back()
        assert not room._promised("memory")
    lasting = on_disk(tmp_path)
    frozen = Frozen(backbone, 1, Ready(backbone, items_for(backbone)), views=Views(), dtype=torch.float32, room=lasting)
    frozen.kept(None)
    frozen.give_back()
    assert lasting._promised("disk")  # its files stay, too


def test_the_copy_on_the_device_is_let_go_and_made_again_when_it_is_needed(tmp_path: Path):
    backbone = make("test_efficientnet")
    backbone.module.train()  # one that is evaluated is run as it is
    frozen = Frozen(
        backbone, 1, Ready(backbone, items_for(backbone)), views=Views(), dtype=torch.float32, room=Room(tmp_path)
    )
    first = frozen.kept(None)
    copied = weakref.ref(frozen._copy.module)
    frozen.give_back()
    gc.collect()
    assert copied() is None
    again = frozen.kept(None)
    assert first is not None
    assert again is not None
    for one, other in zip(first.take(np.arange(COUNT)), again.take(np.arange(COUNT)), strict=True):
        assert all(torch.equal(one[name], other[name]) for name in one)
