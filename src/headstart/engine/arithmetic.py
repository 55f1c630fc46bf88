"""How a frozen trunk is run: in which precision, how many items at a time, in which memory order, on how many threads.

What is fastest differs between machines and networks, and so does what bfloat16 does to features. `settle` tries it
out on a few items, in about a tenth of the time that all of them will take and in about three seconds at most. What is
settled is remembered, and with it how features are rounded; settled anew, the last digits may be others. How many
threads are best depends on what else the machine does just now: `on_threads` asks that every time.
"""

from __future__ import annotations

import copy
import hashlib
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from headstart.core.backbone import Backbone
from headstart.engine.device import accelerator, autocast, fast_dtype, to_device
from headstart.heads.ridge import fit_ridge

LIMIT, SHARE, FLOOR = 3.0, 0.1, 0.3
"""Seconds that trying out may take: a share of a pass over all items within two bounds."""
SAMPLE = 64
"""Items tried out at most."""
LEAST = 8
"""Items on which the precision of another body of a settled architecture is judged."""
COSINE_FLOOR = 0.999
"""Mean cosine with features as they should be below which a faster way to them is refused."""
MOVED = 0.005
"""Change of the probe's cross-validated accuracy, beyond one standard error of it, from which it is refused, too."""
JUDGED = 32
"""Items from which on that accuracy is looked at."""
THREADED = 4
"""Items on which numbers of threads are compared."""
GAIN = 0.03
"""What another setting has to save, or the fast precision to lose, twice in a row to count: less is noise."""
BATCHES = (16, 64)
"""Batch sizes tried beside the usual one."""

Batch = Mapping[str, torch.Tensor]


@dataclass(frozen=True, kw_only=True)
class Arithmetic:
    """All blocks but the first ``exact_blocks`` multiply in ``dtype``; 0 ``threads`` leaves their number as it is."""

    dtype: torch.dtype = torch.float32
    exact_blocks: int = 0
    threads: int = 0
    batch: int = 32
    channels_last: bool = True

    def features(self, backbone: Backbone, batch: Batch) -> torch.Tensor:
        """Features ``(B, D)`` in float32 on the CPU, without gradients.

        Autocast keeps weights, normalisation and reductions in float32 and multiplies in the fast precision, which
        costs no time against a converted copy of the network and halves its rounding error.
        """
        with torch.inference_mode():
            given = to_device(batch)
            if self.dtype != torch.float32 and self.exact_blocks:
                below = backbone.lower(given, self.exact_blocks)
                with autocast(self.dtype):
                    return backbone.upper(below, self.exact_blocks).float().cpu()
            with autocast(self.dtype):
                return backbone.encode(given).float().cpu()

    @property
    def precision(self) -> str:
        """What tells features of one precision from those of another."""
        name = str(self.dtype).removeprefix("torch.")
        return f"{name} after {self.exact_blocks} in float32" if self.exact_blocks else name

    @property
    def exact(self) -> Arithmetic:
        """The same in float32."""
        return replace(self, dtype=torch.float32, exact_blocks=0)

    def note(self) -> dict[str, Any]:
        """What is worth remembering, as JSON can hold it: all but the threads."""
        return {**asdict(replace(self, threads=0)), "dtype": str(self.dtype).removeprefix("torch.")}

    @classmethod
    def noted(cls, note: Mapping[str, Any]) -> Arithmetic:
        """From what `note` gave."""
        return cls(**{**note, "dtype": getattr(torch, note["dtype"])})

    @classmethod
    def here(cls, note: Mapping[str, Any]) -> Arithmetic:
        """As noted where this machine is fast in that precision, else in float32; that too where nothing is noted."""
        if not note:
            return cls()
        noted = cls.noted(note)
        return noted if noted.dtype in (torch.float32, fast_dtype()) else noted.exact

    @contextmanager
    def running(self) -> Iterator[None]:
        """Its number of threads, while the context lasts."""
        before = torch.get_num_threads()
        torch.set_num_threads(self.threads or before)
        try:
            yield
        finally:
            torch.set_num_threads(before)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Items to try on: ``take(n)`` makes the first n of at most ``most`` ready; ``total`` will be encoded in the end.

    ``targets (most,)`` are their classes, None where there are none.
    """

    take: Callable[[int], list[Any]]
    most: int
    total: int
    targets: NDArray[np.int64] | None = None


def settle(exact: Backbone, lean: Backbone, sample: Sample, fast: torch.dtype) -> Arithmetic:
    """The fastest arithmetic whose features agree with float32; ``lean`` is what will be run, ``exact`` the original.

    Both are on their device and in evaluation mode. ``fast`` is the precision to be tried.
    """
    return _Settling(exact, lean, sample, fast).found()


def on_threads(arithmetic: Arithmetic, lean: Backbone, sample: Sample) -> Arithmetic:
    """On one thread, if that is faster just now than on all: where other work holds a core, threads that wait for each
    other at every layer take many times as long together as one alone.
    """
    if accelerator().device.type != "cpu" or torch.get_num_threads() == 1:
        return arithmetic
    batch = lean.preprocess.collate(sample.take(min(THREADED, sample.most)))
    single = replace(arithmetic, threads=1)

    def seconds(tried: Arithmetic) -> float:
        with tried.running():
            return _timed(lambda: tried.features(lean, batch))

    seconds(arithmetic)  # shows the kernels their shapes
    for _ in range(2):
        if seconds(single) > (1.0 - GAIN) * seconds(arithmetic):
            return arithmetic
    return single


def still_precise(exact: Backbone, lean: Backbone, sample: Sample, like: Arithmetic) -> Arithmetic:
    """``like``, settled for another body of the architecture; in float32 if this one's features would turn."""
    if like.dtype == torch.float32:
        return like
    batch = exact.preprocess.collate(sample.take(min(LEAST, sample.most)))
    true = like.exact.features(exact, batch)
    return like if agree(true, like.features(lean, batch)) else like.exact


def agree(exact: torch.Tensor, fast: torch.Tensor, targets: NDArray[np.int64] | None = None) -> bool:
    """Whether rows of ``fast (N, D)`` point the same way as those of ``exact``, and a probe does as well on them."""
    if not mean_cosine(exact, fast) >= COSINE_FLOOR:  # NaN is not
        return False
    if targets is None or len(targets) < JUDGED or len(np.unique(targets)) < 2:
        return True
    before, after = (_right(features.double().numpy(), targets) for features in (exact, fast))
    moved = after - before
    return abs(moved.mean()) - moved.std(ddof=1) / np.sqrt(len(moved)) <= MOVED


def mean_cosine(exact: torch.Tensor, other: torch.Tensor) -> float:
    """Between the rows of two ``(N, D)``."""
    return float(torch.nn.functional.cosine_similarity(exact.double(), other.double(), dim=1).mean())


def _right(features: NDArray[np.float64], targets: NDArray[np.int64]) -> NDArray[np.float64]:
    """1.0 for items whose class ridge regression finds without having seen them."""
    _, labels = np.unique(targets, return_inverse=True)
    return (fit_ridge(features, labels, int(labels.max()) + 1).loo_logits.argmax(axis=1) == labels).astype(np.float64)


def machine() -> str:
    """What a setting is remembered for, hashed: processor, threads and PyTorch."""
    device = accelerator().device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine()
    able = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    text = f"{name} {sorted(able.items())} {torch.get_num_threads()} {torch.__version__}"
    return hashlib.sha256(text.encode()).hexdigest()


class _Settling:
    def __init__(self, exact: Backbone, lean: Backbone, sample: Sample, fast: torch.dtype) -> None:
        self._started = time.perf_counter()
        self._exact, self._lean, self._sample, self._fast = exact, lean, sample, fast
        self._collate = exact.preprocess.collate
        self._plain = Arithmetic(channels_last=_channels_last(lean))
        one = self._batch(0, 1)
        self._plain.features(lean, one)
        seconds = _timed(lambda: self._plain.features(lean, one))
        self._allowed = min(LIMIT, max(FLOOR, SHARE * seconds * sample.total))
        # Float32 twice and two fast tries cost about six such halves.
        self._half = max(min(2, sample.most), min(sample.most // 2, int(self._allowed / (6.0 * seconds))))
        self._seconds: dict[Arithmetic, float] = {}

    def found(self) -> Arithmetic:
        """What `settle` gives. What matters most is tried first."""
        best = self._precision(self._plain)
        if best not in self._seconds:
            self._try(best)
        if self._exact.fixed_shapes:
            for size in BATCHES:
                if size <= 2 * self._half:
                    best = self._better(best, replace(best, batch=size))
            best = self._better(best, replace(best, channels_last=not best.channels_last))
        return best

    @property
    def _left(self) -> bool:
        return time.perf_counter() - self._started < self._allowed

    def _precision(self, best: Arithmetic) -> Arithmetic:
        """In the fast precision if that is faster and precise, with as many first blocks in float32 as it takes.

        Rounding hurts most where pictures are still large and smooth, in the first blocks.
        """
        if self._fast == torch.float32:
            return best
        targets = self._sample.targets
        true = torch.cat([self._plain.features(self._exact, half) for half in self._halves(self._half)])
        for blocks in range(len(self._exact.blocks) or 1):
            tried = replace(best, dtype=self._fast, exact_blocks=blocks)
            if self._slower(best, tried):
                break
            got = torch.cat([tried.features(self._lean, half) for half in self._halves(self._half)])
            if agree(true, got, None if targets is None else targets[: len(got)]):
                return tried
            if not self._left and blocks:
                break
        return best

    def _slower(self, best: Arithmetic, other: Arithmetic) -> bool:
        """Whether ``other`` loses twice in a row: a busy moment must not cost all later runs their precision."""
        return all(self._try(other) > (1.0 + GAIN) * self._try(best) for _ in range(2))

    def _better(self, best: Arithmetic, other: Arithmetic) -> Arithmetic:
        for _ in range(2):
            if not self._left or self._try(other) > (1.0 - GAIN) * self._seconds[best]:
                return best
            self._try(best)
        return other

    def _try(self, arithmetic: Arithmetic) -> float:
        """Seconds per item: of one half, after the other has shown the kernels their shapes."""
        backbone = self._lean
        if arithmetic.channels_last != self._plain.channels_last:
            backbone = in_order(self._lean, arithmetic)
        size = arithmetic.batch if arithmetic.batch in BATCHES else self._half
        halves = self._halves(self._half) if size == self._half else [self._batch(0, size)] * 2
        arithmetic.features(backbone, halves[0])
        self._seconds[arithmetic] = seconds = _timed(lambda: arithmetic.features(backbone, halves[1])) / size
        return seconds

    def _halves(self, half: int) -> list[Batch]:
        return [self._batch(0, half), self._batch(half, min(2 * half, self._sample.most))]

    def _batch(self, start: int, stop: int) -> Batch:
        return self._collate(self._sample.take(stop)[start:] or self._sample.take(1))


def in_order(backbone: Backbone, arithmetic: Arithmetic) -> Backbone:
    """``backbone`` with its convolutions in the memory order asked for: itself, or a copy."""
    if arithmetic.channels_last == _channels_last(backbone):
        return backbone
    ordered = copy.deepcopy(backbone)
    ordered.module.to(memory_format=torch.channels_last if arithmetic.channels_last else torch.contiguous_format)
    return ordered


def _channels_last(backbone: Backbone) -> bool:
    """Of the first convolution whose weights tell; True where nothing has four dimensions."""
    for tensor in backbone.module.state_dict().values():
        last = tensor.dim() == 4 and tensor.is_contiguous(memory_format=torch.channels_last)
        if tensor.dim() == 4 and last != tensor.is_contiguous():
            return last
    return True


def _timed(work: Callable[[], torch.Tensor]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
