from __future__ import annotations

import torch
from torch import nn

from headstart.core.flops import counted


def test_a_product_counts_two_for_every_number_multiplied():
    assert counted(lambda: torch.zeros(3, 4) @ torch.zeros(4, 5)) == 2 * 3 * 4 * 5


def test_an_lstm_counts_both_its_products_in_every_layer_and_step():
    lstm = nn.LSTM(5, 7, num_layers=2, batch_first=True)
    each = 4 * 7 * (5 + 7) + 4 * 7 * (7 + 7)
    assert counted(lambda: lstm(torch.zeros(3, 11, 5))) == 2 * 3 * 11 * each
