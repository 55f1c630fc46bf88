"""What every way across to another domain gains or costs on real shifts, and what the guard makes of it.

    python -m bench across [--seeds 3] [--items 600] [--only NAME ...] [--absent] [--resume | --anew]

Twenty-four shifts (`bench/_shifts.py`): solar cells of one crystal and of many, emoji of two vendors, two collections
of digits, sentiment in four kinds of writing, newsgroups of the same topics; ``--items`` with labels from one domain
and as many without from the other, drawn anew by every seed. Features are those of EfficientNet-Lite0 and MiniLM-L6,
frozen; pictures also have BatchNorm statistics of each domain's own (``adabn``).
Scores are balanced accuracy on the target, whose labels nothing but this table sees. Outcomes are kept in
``results/across.json`` shift by shift, the table is ``results/across.md``. With ``--absent`` the target lacks half of
the classes (of two, one), drawn by seed, which no method expects: ``results/across_absent.json`` and ``.md``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bench._every_strategy import MODELS, run_of
from bench._ledger import Ledger
from bench._machine import machine
from bench._shifts import SHIFTS, Shift
from headstart import api, catalog
from headstart.core.alignment import OWN, OWN_CONSENSUS, SOURCE_ONLY
from headstart.core.domain import FeatureMethod
from headstart.core.progress import Silent
from headstart.domains.adabn import AdaBn
from headstart.engine.align import Means, Source, decided, tried_out
from headstart.engine.draws import one_of_each
from headstart.engine.items import items_of
from headstart.engine.rank import rank
from headstart.engine.target_only import Restating
from headstart.heads.balanced import balanced_accuracy
from headstart.heads.soft import fit_soft

Own = tuple[NDArray[np.floating], NDArray[np.floating]]
Measured = tuple[Source, NDArray[np.floating], NDArray[np.int64], Own | None]
HARM = 0.5
"""Points below the source's head from which on a shift counts as harmed."""
GUARDED = "guarded"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Balanced accuracy of every way on the target of one shift, which of them the guard took, and why. A way is not
    there where it changes nothing: statistics of BatchNorm in a body that has none.
    """

    shift: str
    seed: int
    taken: str
    reason: str
    p: float
    scores: Mapping[str, float]

    def gains(self) -> dict[str, float]:
        """Points above source only, by way, and those of the guard."""
        base = self.scores[SOURCE_ONLY]
        found = {name: 100 * (score - base) for name, score in self.scores.items() if name != SOURCE_ONLY}
        return {GUARDED: 100 * (self.scores[self.taken] - base), **found}


def main() -> int:
    """Measure what is not there yet and write the table."""
    given = _arguments()
    ledger = Ledger(Outcome, "across_absent" if given.absent else "across", given)
    for seed in range(given.seeds):
        for shift in SHIFTS:
            if ledger.where(shift=shift.name, seed=seed) or (given.only and shift.name not in given.only):
                continue
            found = measured(shift, seed, given.items, absent=given.absent)
            ledger.add([found])
            print(f"{shift.name} {seed}: {found.reason}, {found.gains()[GUARDED]:+.1f}", flush=True)
    ledger.publish(page(list(ledger)))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--items", type=int, default=600, help="of each domain")
    parser.add_argument("--only", nargs="+", choices=[each.name for each in SHIFTS], metavar="NAME", help="shifts")
    parser.add_argument("--absent", action="store_true", help="leave half of the classes out of the target")
    Ledger.add_arguments(parser)
    return parser.parse_args()


def measured(shift: Shift, seed: int, items: int, *, absent: bool = False, model: str = "") -> Outcome:
    """One draw of one shift, with half of the classes ``absent`` from the target or with all of them; on features of
    the usual model, or of another.
    """
    source, target, hidden, own = both_features(shift, seed, items, model=model)
    if absent:
        there = present(hidden, source.outputs, seed)
        target, hidden = target[there], hidden[there]
        own = None if own is None else (own[0], own[1][there])
    methods = {name: each for name, each in catalog.domains.create().items() if isinstance(each, FeatureMethod)}
    means = Means(methods=methods, validators=catalog.validators.create(), fit=fit_soft)
    tried = tried_out(source, target, means, seed=seed, progress=Silent())
    if own is not None:
        candidates = replace(means, methods={name: each for name, each in methods.items() if each.candidate})
        stated = replace(source, features=own[0])
        tried = tried.beside(tried_out(stated, own[1], candidates, seed=seed, progress=Silent()))
    found = decided(tried, means, seed=seed)
    scores = {}
    for name in tried.ways:
        rows = own[1] if own is not None and name in (OWN, OWN_CONSENSUS) else target
        scores[name] = balanced_accuracy(tried.head(name).logits(rows), hidden)
    return Outcome(shift=shift.name, seed=seed, taken=found.taken, reason=found.reason, p=found.p, scores=scores)


def present(hidden: NDArray[np.int64], classes: int, seed: int) -> NDArray[np.bool_]:
    """Which items ``(M,)`` are of half of the classes, rounded up, drawn by seed."""
    kept = np.random.default_rng(seed).permutation(classes)[: -(-classes // 2)]
    return np.isin(hidden, kept)


def features(shift: Shift, seed: int, items: int) -> tuple[Source, NDArray[np.floating], NDArray[np.int64]]:
    """Frozen features of both domains, copies left out of the target, and the target's classes."""
    return both_features(shift, seed, items, stated=False)[:3]


def both_features(shift: Shift, seed: int, items: int, *, stated: bool = True, model: str = "") -> Measured:
    """The same, and features of both by statistics of each domain's own; None for bodies without BatchNorm, or where
    they are not ``stated``.
    """
    with tempfile.TemporaryDirectory() as folder:
        places = shift.write(Path(folder), items=items, seed=seed)
        source, target = (api.load(place, seed=seed) for place in places)
        if source.classes != target.classes:
            raise SystemExit(f"{shift.name} has other classes on both sides: {source.classes} and {target.classes}.")
        run = run_of(source, seed, [model or MODELS[source.modality]])
        (entrant,) = rank(run).taken
        contender, rows = entrant.probe.contender, one_of_each(target.groups, seed)
        seen, learnt, own = items_of(target, rows), source.split.train, None
        encoded = contender.encoder.encode(seen, "features of the target").features
        if stated and AdaBn().supports(contender.backbone.info) is None:
            restating = Restating(name=OWN, method=AdaBn(), contender=contender, seen=seen, run=run)
            first = restating.by_own_statistics(run.data.items, "the source").features
            own = first, restating.by_own_statistics(seen, "the target").features
        return (
            Source(
                features=np.asarray(contender.features),
                targets=source.targets[learnt],
                groups=source.groups[learnt],
                outputs=len(source.classes),
            ),
            np.asarray(encoded),
            target.targets[rows],
            own,
        )


def page(found: Sequence[Outcome], title: str = "Across domains") -> str:
    """In Markdown: gains by shift, means over all of them, how often each harms, and whether the goals are met."""
    ways = list(dict.fromkeys(way for each in found for way in each.gains()))
    names = list(dict.fromkeys(each.shift for each in found))
    lines = [f"# {title}\n\n{machine()}\n"]
    lines += [
        "Points of balanced accuracy on the target above the source's head, means over seeds; a dash: the way changes "
        "nothing there, and counts as 0.\n"
    ]
    lines += [f"| shift | source only | {' | '.join(ways)} | guard |", "|---|---:|" + "---:|" * len(ways) + "---|"]
    for name in names:
        own = [each for each in found if each.shift == name]
        base = 100 * np.mean([each.scores[SOURCE_ONLY] for each in own])
        gains = [f"{np.mean(_of(way, own)):+.1f}" if way in own[0].gains() else "–" for way in ways]
        reasons = [each.reason for each in own]
        told = ", ".join(f"{reason} {reasons.count(reason)}" for reason in dict.fromkeys(reasons))
        lines.append(f"| {name} | {base:.1f} | {' | '.join(gains)} | {told} |")
    table = {way: _of(way, found) for way in ways}
    lines.append(f"| mean | | {' | '.join(_mean(table[way], found) for way in ways)} | |")
    harmed = {way: _harmed(found, way) for way in ways}
    lines.append(f"| harmed | | {' | '.join(f'{harmed[way]} of {len(names)}' for way in ways)} | |")
    singles = [way for way in ways if way in catalog.domains.names()]
    best = max(singles, key=lambda way: float(table[way].mean()))
    share = float(table[GUARDED].mean() / table[best].mean())
    lines.append(
        f"\nHarmed: more than {HARM} points below, in the mean over seeds. Guarded: harm in {harmed[GUARDED]} of "
        f"{len(names)} shifts ({harmed[GUARDED] / len(names):.0%}; 10% at most is the goal), and {share:.0%} of the "
        f"mean gain of the best single method, {best} (70% at least is the goal)."
    )
    return "\n".join(lines) + "\n"


def _of(way: str, found: Sequence[Outcome]) -> NDArray[np.float64]:
    return np.array([each.gains().get(way, 0.0) for each in found])


def _mean(gains: NDArray[np.float64], found: Sequence[Outcome]) -> str:
    """Mean over shifts, and a 95% t-interval by shifts: seeds of one are no evidence of their own."""
    names = list(dict.fromkeys(each.shift for each in found))
    own = np.array([np.mean([gain for gain, each in zip(gains, found, strict=True) if each.shift == n]) for n in names])
    if len(own) < 2:
        return f"{own.mean():+.1f}"
    half = stats.t.ppf(0.975, len(own) - 1) * own.std(ddof=1) / np.sqrt(len(own))
    return f"{own.mean():+.1f} ± {half:.1f}"


def _harmed(found: Sequence[Outcome], way: str) -> int:
    names = dict.fromkeys(each.shift for each in found)
    gains = [_of(way, [each for each in found if each.shift == name]) for name in names]
    return int(sum(np.mean(own) < -HARM for own in gains))


if __name__ == "__main__":
    sys.exit(main())
