"""The contestants, and how one is run: a process of its own, timed from its start to its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench._cells import store_with_models
from bench._environments import surroundings
from bench._outcomes import Outcome
from bench._sets import SETS, Modality, truth
from bench._weights import MODELS

SCRIPTS = Path(__file__).parent / "_contestants"
OURS = ("quick", "standard")
PEERS = ("fastai", "autogluon", "plain")
FLOOR = "frozen"
CONTESTANTS = (*OURS, *PEERS, FLOOR)
TITLES: Mapping[str, str] = {
    "quick": "headstart quick",
    "standard": "headstart standard",
    "fastai": "fastai",
    "autogluon": "AutoGluon-MM",
    "plain": "plain loop",
    "frozen": "frozen loop by hand",
}
IMAGES_ONLY = ("fastai",)
"""fastai has no learner for transformers."""
UNIT = 1024 if sys.platform != "darwin" else 1024**2
"""Units of ``ru_maxrss`` in a MiB: KiB, or bytes on macOS."""


class Failed(Exception):
    """A contestant ended with an error; the text is the end of what it printed."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Seconds of the wall, seconds of all processors, MiB of the largest process."""

    wall: float
    cpu: float
    peak: float


def environment_of(contestant: str) -> str:
    """The environment a contestant runs in."""
    return contestant if contestant in ("fastai", "autogluon") else "headstart"


def takes_part(contestant: str, modality: Modality) -> bool:
    """Whether the contestant can learn from such items."""
    return modality == "image" or contestant not in IMAGES_ONLY


def contest(
    contestant: str,
    set: str,
    seed: int,
    *,
    folder: Path,
    weights: Path,
    python: Path,
    measured_with: Mapping[str, Any],
    scratch: Path,
) -> Outcome:
    """Run a contestant on the data in ``folder`` and score what it says.

    Everyone sees the same: the training part with its labels, from which it fits and chooses as it likes, and the
    items of the test part without their labels, to answer to; no script reads a label of the test part. Time and memory
    are of one process that starts, fits and answers, for everyone.

    ``measured_with`` gives `Outcome.machine`, ``commit`` and ``environment``.

    Raises:
        Failed: it ended with an error.
    """
    modality, work = SETS[set].modality, scratch / f"{set}-{seed}-{contestant}"
    work.mkdir()
    answer = work / "answer.json"
    home = {"HEADSTART_HOME": str(store_with_models(scratch)), "PYTHONWARNINGS": "ignore"}
    environment = {**surroundings(environment_of(contestant)), **home}
    if contestant in OURS:
        command = [python, SCRIPTS / "adapt_and_answer.py", folder, MODELS[modality], contestant, answer]
    else:
        command = [python, SCRIPTS / f"{contestant}_{modality}s.py", folder, weights, answer]
    spent = _timed(command, environment, work)
    score = balanced_accuracy(truth(folder), json.loads(answer.read_text(encoding="utf-8")))
    return Outcome(set=set, contestant=contestant, seed=seed, balanced_accuracy=score, **vars(spent), **measured_with)


def balanced_accuracy(true: Sequence[str], said: Sequence[str]) -> float:
    """Mean over the classes of ``true`` of the share that was said rightly."""
    if len(said) != len(true):
        raise Failed(f"{len(said)} answers to {len(true)} items")
    right = np.array(true) == np.array(said)
    return float(np.mean([right[np.array(true) == label].mean() for label in sorted(set(true))]))


def _timed(command: Sequence[str | Path], environment: Mapping[str, str], work: Path) -> Spent:
    with (work / "log.txt").open("ab") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command], env=environment, cwd=work, stdout=log, stderr=subprocess.STDOUT
        )
        # wait4 and not wait: it tells what this process and those it waited for have used, and nobody else.
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failed((work / "log.txt").read_text(encoding="utf-8", errors="replace")[-3000:])
    return Spent(wall=wall, cpu=used.ru_utime + used.ru_stime, peak=used.ru_maxrss / UNIT)
