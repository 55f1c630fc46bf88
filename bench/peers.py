"""Headstart beside fastai and a plain training loop: the same cells, the same weights, whole processes.

    python -m bench peers [--seeds 0 1 2 3 4] [--only NAME ...] [--fastai PYTHON] [--resume]

Data and weights are those of the demo: 400 solar cells to learn from, 800 others to score on, drawn by each seed, and
the ImageNet weights of EfficientNet-Lite0 for everyone. Every contestant is a process of its own, timed from its
start to its end, imports included, one after another and in an order that shifts with every seed. headstart
starts with the weights fetched and nothing else: no cached features, no scans. Its time includes what the others
do not do: the audit, the ranking, the controls, the intervals, the report. The peers are trained as their
documentation has it, with plain cross-entropy; a third of the cells are defective and balanced accuracy counts both
classes equally, which headstart aims at and they do not.

fastai gets an environment of its own in ``build/`` on the first run; ``--fastai`` names one that is there already.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bench._cells import MODEL, cells, store_with_models
from bench._machine import machine
from headstart.core.home import home

HERE = Path(__file__).parent
FASTAI = ("fastai==2.8.12", "timm==1.0.31", "safetensors")
SCRIPTS = {"fastai": "with_fastai.py", "plain": "plain_loop.py"}
PEERS = tuple(SCRIPTS)
OURS = ("quick", "standard")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One contestant on one seed: balanced accuracy on the test cells, seconds of the wall and of all processors."""

    contestant: str
    seed: int
    balanced_accuracy: float
    wall: float
    cpu: float


def main() -> None:
    """Measure and write ``results/peers.json`` and ``results/peers.md``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--only", nargs="+", choices=OURS + PEERS, default=OURS + PEERS)
    parser.add_argument("--fastai", type=Path, help="a Python that has fastai")
    parser.add_argument("--resume", action="store_true", help="go on with results/peers.json")
    given = parser.parse_args()
    python = given.fastai or _environment()
    weights = _weights()
    record = HERE / "results/peers.json"
    known = json.loads(record.read_text(encoding="utf-8"))["outcomes"] if given.resume else []
    outcomes = [Outcome(**outcome) for outcome in known]
    measured = {(outcome.seed, outcome.contestant) for outcome in outcomes}
    with tempfile.TemporaryDirectory() as scratch:
        for turn, seed in enumerate(given.seeds):
            folder = cells(Path(scratch), seed=seed)
            order = [given.only[(place + turn) % len(given.only)] for place in range(len(given.only))]
            for name in (name for name in order if (seed, name) not in measured):
                outcomes.append(_run(name, seed, folder, weights, python, Path(scratch)))
                print(json.dumps(asdict(outcomes[-1])), flush=True)
                text = json.dumps({"machine": machine(), "outcomes": [asdict(each) for each in outcomes]}, indent=2)
                record.write_text(f"{text}\n", encoding="utf-8")
    table = _table(outcomes)
    print(table)
    (HERE / "results/peers.md").write_text(table, encoding="utf-8")


def _run(name: str, seed: int, folder: Path, weights: Path, python: Path, scratch: Path) -> Outcome:
    out = scratch / f"{name}-{seed}"
    environment = {**os.environ, "HEADSTART_HOME": str(store_with_models(scratch)), "PYTHONWARNINGS": "ignore"}
    if name in OURS:
        command = [sys.executable, "-m", "headstart", "adapt", folder, "--pool", MODEL, "--budget", name, "--out", out]
    else:
        interpreter = python if name == "fastai" else Path(sys.executable)
        command = [interpreter, HERE / "_contestants" / SCRIPTS[name], folder, weights, out]
    before, started = _cpu_seconds(), time.perf_counter()
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{name} failed on seed {seed}: {done.stderr}")
    wall, cpu = time.perf_counter() - started, _cpu_seconds() - before
    predicted = _predictions(out, folder) if name in OURS else json.loads(out.read_text(encoding="utf-8"))
    return Outcome(contestant=name, seed=seed, balanced_accuracy=_balanced(predicted, folder), wall=wall, cpu=cpu)


def _predictions(run: Path, folder: Path) -> dict[str, str]:
    """What the run folder's model says, asked after the clock was stopped."""
    import headstart as hs

    paths = sorted((folder / "test").glob("*/*"))
    said = hs.open(run).predict([str(path) for path in paths])
    return {path.name: answer.label for path, answer in zip(paths, said, strict=True)}


def _balanced(predicted: dict[str, str], folder: Path) -> float:
    classes = sorted((folder / "test").iterdir())
    shares = [np.mean([predicted[path.name] == each.name for path in each.iterdir()]) for each in classes]
    return float(np.mean(shares))


def _table(outcomes: list[Outcome]) -> str:
    """Means over the seeds, time against the slower peer, and paired differences to both peers."""
    names = list(dict.fromkeys(outcome.contestant for outcome in outcomes))
    by_seed = {n: {o.seed: o for o in outcomes if o.contestant == n} for n in names}
    peers = [name for name in PEERS if name in names]
    seeds = sorted(set.intersection(*(set(found) for found in by_seed.values())))
    slower = {seed: max((by_seed[peer][seed].wall for peer in peers), default=float("nan")) for seed in seeds}
    head = ["contestant", "balanced accuracy", "wall s", "CPU s", "of the slower peer", *(f"minus {p}" for p in peers)]
    lines = [_line(head), _line(["---"] * len(head))]
    for name in names:
        own = [by_seed[name][seed] for seed in seeds]
        scores = np.array([outcome.balanced_accuracy for outcome in own])
        theirs = {peer: np.array([by_seed[peer][seed].balanced_accuracy for seed in seeds]) for peer in peers}
        row = [
            f"headstart {name}" if name in OURS else name,
            f"{scores.mean():.3f}",
            f"{np.median([outcome.wall for outcome in own]):.0f}",
            f"{np.median([outcome.cpu for outcome in own]):.0f}",
            f"{np.median([outcome.wall / slower[outcome.seed] for outcome in own]):.2f}",
            *("" if peer == name else _paired(scores - theirs[peer]) for peer in peers),
        ]
        lines.append(_line(row))
    return "\n".join(lines) + f"\n\nSeeds {', '.join(map(str, seeds))}. {machine()}\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _paired(differences: NDArray[np.float64]) -> str:
    """Mean difference with its 95% t-interval over the seeds, in points."""
    if len(differences) < 2:
        return f"{100 * differences[0]:+.1f}"
    mean, error = float(np.mean(differences)), float(stats.sem(differences))
    half = float(stats.t.ppf(0.975, len(differences) - 1)) * error
    return f"{100 * mean:+.1f} ({100 * (mean - half):+.1f} to {100 * (mean + half):+.1f})"


def _weights() -> Path:
    """The stored weights of `MODEL`, fetched if they are not there."""
    subprocess.run([sys.executable, "-m", "headstart", "models", "pull", MODEL], check=True, capture_output=True)
    return home() / "models" / MODEL.replace(":", "/") / "model.safetensors"


def _environment() -> Path:
    folder = HERE.parent / "build/fastai"
    python = folder / "bin/python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *FASTAI], check=True)
    return python


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
