from __future__ import annotations

import torch

from headstart.backbones._mean_layer import E, S, layer_weights, pooled, pooler_weights


def test_the_feature_is_the_normalised_mean_over_tokens_that_are_not_padding() -> None:
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(3, 5, 32, generator=generator, dtype=torch.float64)
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 0, 0]])
    features = pooled(hidden, mask, 1e-12)
    for row in range(3):
        mean = hidden[row, : int(mask[row].sum())].mean(dim=0)
        expected = (mean - mean.mean()) / mean.std(unbiased=False)
        torch.testing.assert_close(features[row], expected, atol=6 / S, rtol=0)


def test_padding_does_not_reach_the_feature() -> None:
    hidden = torch.randn(1, 6, 16, generator=torch.Generator().manual_seed(1))
    mask = torch.tensor([[1, 1, 1, 1, 0, 0]])
    changed = hidden.clone()
    changed[:, 4:] = 1e3
    assert torch.equal(pooled(hidden, mask, 1e-12), pooled(changed, mask, 1e-12))


def test_half_precision_is_pooled_in_single_precision() -> None:
    hidden = torch.randn(2, 4, 16, generator=torch.Generator().manual_seed(2)).bfloat16()
    mask = torch.ones(2, 4, dtype=torch.int64)
    assert pooled(hidden, mask, 1e-12).dtype == torch.float32
    assert torch.equal(pooled(hidden, mask, 1e-12), pooled(hidden.float(), mask, 1e-12))


def test_the_weights_are_a_bert_layers_and_the_constants_exact() -> None:
    from transformers import BertConfig
    from transformers.models.bert.modeling_bert import BertLayer

    layer = BertLayer(BertConfig(hidden_size=16, num_attention_heads=2, intermediate_size=24))
    layer.load_state_dict(layer_weights(16, 24), strict=True)
    weight, bias = pooler_weights(16)
    assert torch.equal(weight, E * torch.eye(16))
    assert not bias.any()
    for constant in (S, E):
        assert torch.frexp(torch.tensor(constant)).mantissa == 0.5
