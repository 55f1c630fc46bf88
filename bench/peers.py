"""Accuracy and time of headstart beside fastai, AutoGluon-MM, a plain loop and a frozen loop written by hand.

    python -m bench peers [--sets NAME ...] [--seeds 0 1 2] [--only NAME ...] [--resume | --anew]
                          [--fastai PYTHON] [--autogluon PYTHON]

Two sets of pictures and two of texts, 400 items to learn from and 800 others to score on, drawn by each seed. Everyone
starts from the same weights, EfficientNet-Lite0 or MiniLM-L6, and reads the same files. Every contestant is a process
of its own in an environment of its own, timed from its start to its end, imports included, one after another and in an
order that shifts with every seed. headstart starts with the weights fetched and nothing else: no cached features, no
scans. Its time includes what the others do not do: the audit, the ranking, the controls, the intervals, the report.
Labels of the test part are seen by nobody; answering for its items is timed for everyone.
Peers are trained as their documentation has it, with their own losses; headstart aims at balanced accuracy. The frozen
loop is the least time that a probe on these features takes on this machine; it is no peer, because it chooses and
checks nothing.

fastai has no learner for transformers and takes part on pictures only. fastai and AutoGluon get environments in
``build/peers/`` on the first run (several GB); ``--fastai`` and ``--autogluon`` name ones that are there already.
Every outcome is kept in ``results/peers.json`` as soon as it is measured, ``--resume`` goes on there, ``--anew``
replaces them; the table ``results/peers.md`` and the plot ``results/peers.svg`` are written from it.
"""

from __future__ import annotations

import argparse
import dataclasses
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench._contest import CONTESTANTS, FLOOR, PEERS, TITLES, Failed, contest, environment_of, takes_part
from bench._environments import interpreter, surroundings, versions
from bench._outcomes import Record, going_on, write
from bench._plot import plot
from bench._sets import SETS, Modality
from bench._summary import overall, summarise
from bench._table import page
from bench._weights import fetched

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Measure what is asked for and not measured yet; 1 if a contestant failed."""
    given = _arguments()
    path = given.out / "peers.json"
    if path.is_file() and not (given.resume or given.anew):
        raise SystemExit(f"{path} holds results already: go on with --resume, or replace them with --anew.")
    names = [name for name in CONTESTANTS if name in given.only]
    outside = {"headstart": None, "fastai": given.fastai, "autogluon": given.autogluon}
    needed = {environment_of(name) for name in names}
    pythons = {name: interpreter(name, python) for name, python in outside.items() if name in needed}
    held = {name: versions(name, python) for name, python in pythons.items()}
    machine, commit = _machine()
    empty = Record(train=given.train, test=given.test, commit=commit, environments=held, outcomes=())
    record = going_on(path, given.train, given.test, commit, held) if given.resume else empty
    weights: dict[Modality, Path] = {SETS[name].modality: fetched(SETS[name].modality) for name in given.sets}
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for set, seed, order in _draws(given.sets, given.seeds, names):
            waiting = [name for name in order if not record.has(set, name, seed)]
            if not waiting:
                continue
            data = scratch / f"{set}-{seed}"
            SETS[set].prepare(data, train=given.train, test=given.test, seed=seed)
            common = {"folder": data, "weights": weights[SETS[set].modality], "scratch": scratch}
            for name in waiting:
                where = environment_of(name)
                measured_with = {"machine": machine, "commit": commit, "environment": held[where]}
                try:
                    found = contest(name, set, seed, python=pythons[where], measured_with=measured_with, **common)
                except Failed as failure:
                    failures.append(f"{name} on {set}, seed {seed}")
                    print(f"{failures[-1]} failed:\n{failure}", file=sys.stderr, flush=True)
                    continue
                print(f"{set} {seed} {name}: {found.balanced_accuracy:.3f} in {found.wall:.1f} s", flush=True)
                record = dataclasses.replace(record, outcomes=(*record.outcomes, found))
                write(path, record)
    _publish(record, given.out)
    if failures:
        print(f"Failed, and tried again with --resume: {'; '.join(failures)}.", file=sys.stderr)
    return 1 if failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=tuple(SETS), default=list(SETS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS), help="contestants")
    there = parser.add_mutually_exclusive_group()
    there.add_argument("--resume", action="store_true", help="go on with the outcomes that are there")
    there.add_argument("--anew", action="store_true", help="replace the outcomes that are there")
    parser.add_argument("--fastai", type=Path, metavar="PYTHON", help="a Python that has fastai")
    parser.add_argument("--autogluon", type=Path, metavar="PYTHON", help="a Python that has autogluon.multimodal")
    parser.add_argument("--train", type=int, default=400, help="items to learn from")
    parser.add_argument("--test", type=int, default=800, help="items to score on")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FOLDER", help="where results are kept")
    return parser.parse_args()


def _draws(sets: list[str], seeds: list[int], names: list[str]) -> Iterator[tuple[str, int, list[str]]]:
    """Every set and seed, with those who take part in an order that shifts with the seed."""
    for seed in seeds:
        for set in sets:
            there = [name for name in names if takes_part(name, SETS[set].modality)]
            yield set, seed, [there[(place + seed) % len(there)] for place in range(len(there))]


def _machine() -> tuple[str, str]:
    """Machine and commit, asked in another process: this one must stay small, or its memory would be counted as a
    contestant's.

    A process starts as a copy of the one that starts it, and its highest resident memory is counted from there.
    """
    code = "from bench._machine import commit, machine; print(machine()); print(commit())"
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env=surroundings("headstart"),
        capture_output=True,
        text=True,
        check=True,
    )
    machine, commit = done.stdout.strip().split("\n")
    return machine, commit


def _publish(record: Record, out: Path) -> None:
    found = [summarise(record.outcomes, set, peers=PEERS, floor=FLOOR) for set in SETS]
    summaries = [each for each in found if each is not None]
    titles = {name: each.title for name, each in SETS.items()}
    text = page(record, summaries, overall(record.outcomes, summaries), names=TITLES, sets=titles)
    print(text)
    out.mkdir(parents=True, exist_ok=True)
    (out / "peers.md").write_text(text, encoding="utf-8")
    if summaries:
        (out / "peers.svg").write_text(plot(summaries, names=TITLES, sets=titles), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
