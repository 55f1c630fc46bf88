"""Counting arithmetic by running it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence


def counted(work: Callable[[], object]) -> int:
    """Multiply-adds times two of what PyTorch does in ``work``, LSTMs too, which it does not count by itself."""
    import torch

    # Imported when needed: it loads a good part of PyTorch's compiler.
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False, custom_mapping={torch.ops.aten.mkldnn_rnn_layer: _layer})
    with torch.no_grad(), counter:
        work()
    return counter.get_total_flops()


def _layer(rows: Sequence[int], own: Sequence[int], recurrent: Sequence[int], *rest: object, **named: object) -> int:
    """A layer of an LSTM on the processor, from the shapes of what it reads ``(T, B, D)`` and of its weights."""
    del rest, named
    return 2 * rows[0] * rows[1] * (math.prod(own) + math.prod(recurrent))
