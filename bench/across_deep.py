"""What methods that change the body towards another domain gain or cost on real shifts.

    python -m bench across_deep [--seeds 1] [--items 600] [--strategy last_blocks] [--only NAME ...]
        [--methods NAME ...] [--resume | --anew]

The shifts of ``bench across``. Beside every method stand the frozen body with its probe, and the same strategy on the
source alone: what is gained over the latter is the method's own. Scores are balanced accuracy on the target, on the
very items that were trained towards. Outcomes are kept in ``results/across_deep.json`` as they come, the table is
``results/across_deep.md``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench._every_strategy import MODELS, run_of
from bench._ledger import Ledger
from bench._machine import machine
from bench._shifts import SHIFTS, Shift
from headstart import api, catalog
from headstart.core.target_only import TargetMethod
from headstart.core.training import InputStrategy
from headstart.core.two_stream import DeepMethod
from headstart.engine.carrying import Carrying
from headstart.engine.device import hand_back_memory
from headstart.engine.draws import one_of_each
from headstart.engine.fitting import Fitted
from headstart.engine.items import items_of
from headstart.engine.options import Training
from headstart.engine.rank import rank
from headstart.engine.target_only import Restating
from headstart.engine.trials import encode_once, fit_all, train
from headstart.heads.balanced import balanced_accuracy
from headstart.ways import TRAINED

FROZEN, ALONE = "frozen", "source alone"
"""The probe on the body as it was pretrained, and the strategy without a method."""
EPOCHS = 10
"""Of the strategy without a method, as many as methods take."""
HARM = 0.5
"""Points below the source alone from which on a shift counts as harmed."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Balanced accuracy of one method on the target of one shift, with so many ``items`` a side, and the seconds that
    its fit took.
    """

    shift: str
    seed: int
    items: int
    strategy: str
    method: str
    score: float
    seconds: float


def main() -> int:
    """Measure what is not there yet and write the table."""
    given = _arguments()
    ledger = Ledger(Outcome, "across_deep", given)
    for seed in range(given.seeds):
        for shift in SHIFTS:
            known = ledger.where(shift=shift.name, seed=seed, items=given.items, strategy=given.strategy)
            there = {each.method for each in known}
            missing = [each for each in (FROZEN, ALONE, *given.methods) if each not in there]
            if not missing or (given.only and shift.name not in given.only):
                continue
            for outcome in measured(shift, seed, given.items, given.strategy, missing):
                ledger.add([outcome])
            print(f"{shift.name} {seed}: {len(missing)} methods", flush=True)
    ledger.publish(page(list(ledger)))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--items", type=int, default=600, help="of each domain")
    parser.add_argument("--strategy", default=TRAINED)
    parser.add_argument("--only", nargs="+", choices=[each.name for each in SHIFTS], metavar="NAME", help="shifts")
    deep = [
        name for name in catalog.domains.names() if issubclass(catalog.domains.get(name), DeepMethod | TargetMethod)
    ]
    parser.add_argument("--methods", nargs="+", choices=deep, default=deep, metavar="NAME")
    Ledger.add_arguments(parser)
    return parser.parse_args()


def measured(shift: Shift, seed: int, items: int, strategy: str, methods: Sequence[str]) -> Iterator[Outcome]:
    """All ``methods`` on one draw of one shift, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        places = shift.write(Path(folder), items=items, seed=seed)
        source, target = (api.load(place, seed=seed) for place in places)
        run = run_of(source, seed, [MODELS[source.modality]])
        (entrant,) = rank(run).taken
        contender, rows = entrant.native, one_of_each(target.groups, seed)
        seen, hidden, learnt = items_of(target, rows), target.targets[rows], np.arange(len(run.data.items))
        member = catalog.strategies.get(strategy)()
        assert isinstance(member, InputStrategy)
        usual = member.lasting(EPOCHS).paced(max(len(learnt), len(seen)))
        reading = Carrying.of(_training(strategy, usual), contender, seen, run)
        for name in methods:
            started = time.perf_counter()
            if name == FROZEN:
                fitted = Fitted(backbone=contender.backbone, head=fit_all(run.options.probe, contender, run), losses=())
            elif name == ALONE:
                fitted = train(contender, usual, run, learnt, piece=name, stage=name)
            else:
                fitted = _carried(name, reading).fit(learnt, "all training items").fitted
            logits = fitted.head.logits(encode_once(fitted.backbone, seen, contender))
            yield Outcome(
                shift=shift.name,
                seed=seed,
                items=items,
                strategy=strategy,
                method=name,
                score=balanced_accuracy(logits, hidden),
                seconds=time.perf_counter() - started,
            )
            hand_back_memory()


def _training(strategy: str, paced: InputStrategy, name: str = "dann") -> Training:
    method = catalog.domains.get(name)()
    assert isinstance(method, DeepMethod)
    return Training(name=name, method=method, strategy_name=strategy, strategy=paced.lasting(method.epochs))


def _carried(name: str, reading: Carrying) -> Carrying | Restating:
    """What ``name`` does with that which is read for all of them."""
    method, usual = catalog.domains.get(name)(), reading.training
    if isinstance(method, TargetMethod):
        return Restating(name=name, method=method, contender=reading.contender, seen=reading.seen, run=reading.run)
    return replace(reading, training=_training(usual.strategy_name, usual.strategy, name))


def page(found: Sequence[Outcome]) -> str:
    """Tables in Markdown, one for each strategy: what every method gains, shift by shift, and in the mean."""
    lines = [f"# Trained across domains\n\n{machine()}\n"]
    for strategy, items in dict.fromkeys((each.strategy, each.items) for each in found):
        part = [each for each in found if (each.strategy, each.items) == (strategy, items)]
        lines += [_table(f"`{strategy}`, {items} items a side", part)]
    return "\n".join(lines) + "\n"


def _table(title: str, found: Sequence[Outcome]) -> str:
    shifts = list(dict.fromkeys(each.shift for each in found))
    methods = [each for each in dict.fromkeys(each.method for each in found) if each not in (FROZEN, ALONE)]
    scores = {
        (shift, method): 100
        * float(np.mean([one.score for one in found if (one.shift, one.method) == (shift, method)]))
        for shift in shifts
        for method in (FROZEN, ALONE, *methods)
        if any((one.shift, one.method) == (shift, method) for one in found)
    }
    gains = {key: score - scores[key[0], ALONE] for key, score in scores.items() if (key[0], ALONE) in scores}
    lines = [f"\n{title}: balanced accuracy in percent, and points above the source alone.\n"]
    lines += [f"| shift | frozen | source alone | {' | '.join(methods)} |", "|---|" + "---:|" * (2 + len(methods))]
    for shift in shifts:
        cells = [f"{scores[shift, each]:.1f}" if (shift, each) in scores else "–" for each in (FROZEN, ALONE)]
        cells += [f"{gains[shift, each]:+.1f}" if (shift, each) in gains else "–" for each in methods]
        lines.append(f"| {shift} | {' | '.join(cells)} |")
    own = {each: [gains[shift, each] for shift in shifts if (shift, each) in gains] for each in methods}
    means = [f"{np.mean(own[each]):+.1f}" for each in methods]
    harms = [f"{sum(gain < -HARM for gain in own[each])} of {len(own[each])}" for each in methods]
    lines += [f"| mean | | | {' | '.join(means)} |", f"| harmed | | | {' | '.join(harms)} |"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
