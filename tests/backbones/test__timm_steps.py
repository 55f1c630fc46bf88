from __future__ import annotations

import timm
import torch

from headstart.backbones import _timm_steps
from headstart.backbones._timm_steps import FAMILIES, plan
from tests.backbones.members import CUT, make


def test_every_family_of_the_table_exists_and_has_a_member_under_test() -> None:
    covered = {f"{type(make(m).module).__module__}.{type(make(m).module).__qualname__}" for m in CUT}
    assert covered == set(FAMILIES)


def test_real_architectures_have_sane_blocks() -> None:
    """The share of the last block is what "fine-tune the last block" means; the models people use must get it right."""
    shares = {}
    for name in ("tf_efficientnet_lite0", "mobilenetv2_100", "resnet50", "convnext_tiny", "vit_small_patch16_224"):
        with torch.device("meta"):
            model = timm.create_model(name, num_classes=0)
        blocks = plan(model).blocks
        total = sum(parameter.numel() for parameter in model.parameters())
        last = sum(parameter.numel() for key, parameter in model.named_parameters() if blocks[-1].owns(key))
        shares[name] = (len(blocks), round(last / total, 2))
    assert shares == {
        "tf_efficientnet_lite0": (6, 0.3),
        "mobilenetv2_100": (6, 0.4),
        "resnet50": (4, 0.64),
        "convnext_tiny": (4, 0.56),
        "vit_small_patch16_224": (12, 0.08),
    }


def test_small_groups_are_folded_into_their_neighbours() -> None:
    model = torch.nn.Sequential()
    for number, width in enumerate([1, 100, 1, 100, 1]):
        model.append(torch.nn.Linear(width, 1, bias=False))
        assert number < 5
    groups = {f"{number}.weight": number for number in range(5)}
    before = _timm_steps.SMALLEST
    assert before < 1 / 203  # the single weights are below a hundredth, not below the threshold
    assert _timm_steps._folded(model, groups) == {f"{number}.weight": number for number in range(5)}
    model = torch.nn.Sequential(*(torch.nn.Linear(width, 1, bias=False) for width in [1, 1000, 1, 1000, 1]))
    assert list(_timm_steps._folded(model, groups).values()) == [0, 0, 0, 1, 1]
