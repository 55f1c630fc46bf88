from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from headstart.backbones import _folder, _layers, _layers_model
from headstart.backbones._layers_model import LayersConfig, LayersForClassification, mean


def test_the_file_that_travels_needs_no_headstart_and_agrees_with_it():
    assert "import headstart" not in _layers.CODE.read_text()
    assert "from headstart" not in _layers.CODE.read_text()
    assert (_layers_model.BODY, _layers_model.WEIGHTS) == (_folder.BODY, _folder.LAYERS)
    assert LayersConfig.model_type == _layers.KIND


def test_means_are_over_positions_however_they_lie():
    grid = torch.randn(2, 3, 4, 5)
    expected = grid.mean(dim=(2, 3))
    torch.testing.assert_close(mean(grid, "channels_first", None), expected)
    torch.testing.assert_close(mean((grid.permute(0, 2, 3, 1), None), "channels_last", None), expected)
    torch.testing.assert_close(mean(grid.flatten(2).permute(2, 0, 1), "time_first", None), expected)


@pytest.mark.parametrize("lies", ["channels_last", "time_first"])
def test_what_a_mask_leaves_out_does_not_count(lies: str):
    tokens, mask = torch.randn(2, 4, 3), torch.tensor([[1, 1, 0, 0], [0, 1, 1, 1]])
    given = tokens if lies == "channels_last" else tokens.transpose(0, 1)
    expected = torch.stack([tokens[0, :2].mean(dim=0), tokens[1, 1:].mean(dim=0)])
    torch.testing.assert_close(mean(given, lies, mask), expected)


class Body(nn.Module):
    """Two layers and a classifier of the second one's mean, as a model of transformers answers."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])
        self.classifier = nn.Linear(3, 2)
        self.base_model = SimpleNamespace(_get_feature_vector_attention_mask=self._frames)

    def forward(
        self, values: torch.Tensor, attention_mask: torch.Tensor | None = None, return_dict: bool = True
    ) -> Any:
        assert return_dict
        hidden = self.layer[1](self.layer[0](values))
        return SimpleNamespace(logits=self.classifier(hidden.mean(dim=1)), loss=None)

    def _frames(self, count: int, mask: torch.Tensor) -> torch.Tensor:
        return mask[:, :: mask.shape[1] // count]


def model(mask: str = "") -> LayersForClassification:
    torch.manual_seed(0)
    config = LayersConfig(layers=({"module": "layer.0", "lies": "channels_last"},), mask=mask)
    return LayersForClassification(config, Body(), {"0": torch.randn(2, 3)})


def test_logits_are_those_of_the_body_and_of_the_layers_below():
    found, values = model(), torch.randn(4, 5, 3)
    below = found.body.layer[0](values).mean(dim=1) @ found.weights[0].T
    torch.testing.assert_close(found(values=values).logits, found.body(values).logits + below)
    assert not found.body.layer[0]._forward_hooks, "hooks were left behind"


def test_labels_give_the_loss_of_all_layers():
    found, values, labels = model(), torch.randn(4, 5, 3), torch.tensor([0, 1, 1, 0])
    said = found(values=values, labels=labels)
    torch.testing.assert_close(said.loss, nn.functional.cross_entropy(said.logits, labels))


def test_tuples_are_not_given_and_positions_are_taken():
    found, values = model(), torch.randn(4, 5, 3)
    torch.testing.assert_close(found(values, return_dict=False).logits, found(values=values).logits)


def test_a_folder_that_could_not_be_read_is_not_written(tmp_path: Path):
    with pytest.raises(NotImplementedError, match=r"is saved by copying the folder it was read from\."):
        model().save_pretrained(tmp_path)


def test_a_mask_of_samples_becomes_one_of_frames():
    found, values = model("samples"), torch.randn(1, 4, 3)
    mask = torch.tensor([[1] * 4 + [0] * 4])
    below = found.body.layer[0](values)[:, :2].mean(dim=1) @ found.weights[0].T
    said = found(values=values, attention_mask=mask).logits
    torch.testing.assert_close(said, found.body(values).logits + below)
    ignored = model()(values=values, attention_mask=mask).logits
    assert not torch.allclose(ignored, said)


def test_a_module_that_fails_leaves_no_hook_behind():
    found = model()
    with pytest.raises(RuntimeError):
        found(values=torch.randn(4, 5, 7))
    assert not found.body.layer[0]._forward_hooks
