"""The written result: goals, the sets side by side, and one table per set, as Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bench._goals import points, quick_goal, standard_goal
from bench._outcomes import Record
from bench._summary import Estimate, Overall, Row, SetSummary


def page(
    record: Record,
    summaries: Sequence[SetSummary],
    found: Overall | None,
    *,
    names: Mapping[str, str],
    sets: Mapping[str, str],
) -> str:
    """The page; ``names`` titles the contestants and ``sets`` the sets."""
    parts = [
        "# headstart beside its peers",
        f"{record.train} items to learn from and {record.test} to score on, drawn anew by every seed; the same weights "
        "for everyone; whole processes, imports included. Made by `python -m bench peers`; "
        "[peers.json](peers.json) has every outcome, [peers.svg](peers.svg) draws them.",
        "Times are medians over the seeds, ratios are taken within a seed. Differences are in points of balanced "
        "accuracy, paired by seed, with 95% t-intervals over the seeds: other draws from the same sets.",
    ]
    goals = quick_goal(summaries, names)
    if goals:
        parts += ["## Quick: every peer's accuracy in a tenth of the fastest peer's time", "\n".join(goals)]
    if found is not None:
        parts.append("## Standard: five points above the best peer, within the slowest peer's time")
        parts.append("\n".join(standard_goal(summaries, found, names)))
    parts += ["## The sets side by side", side_by_side(summaries, names, sets)] if summaries else []
    for each in summaries:
        marked = {outcome.contestant for outcome in record.earlier if outcome.set == each.set}
        shown = {name: f"{title} *" if name in marked else title for name, title in names.items()}
        parts += [f"## {each.set}: {sets[each.set]}", set_table(each, shown), f"Seeds {_listed(each.seeds)}."]
    if record.earlier:
        parts += ["## Measured earlier (*)", "\n".join(_earlier(record, names))]
    parts += ["## Measured with", "\n".join(_environment(record))]
    return "\n\n".join(parts) + "\n"


def side_by_side(summaries: Sequence[SetSummary], names: Mapping[str, str], sets: Mapping[str, str]) -> str:
    """Accuracy and seconds of everyone on every set."""
    shown = [name for name in names if any(name in each.rows for each in summaries)]
    lines = [["contestant", *(sets[each.set] for each in summaries)]]
    for name in shown:
        found = [each.rows.get(name) for each in summaries]
        lines.append(
            [names[name], *(f"{row.accuracy.mean:.3f} in {seconds(row.seconds[1])} s" if row else "" for row in found)]
        )
    return _table(lines)


def set_table(summary: SetSummary, names: Mapping[str, str]) -> str:
    """Everyone on one set, with headstart's differences to each of the others."""
    rows = [summary.rows[name] for name in names if name in summary.rows]
    others = [name for name in names if any(name in row.minus for row in rows)]
    head = ["contestant", "balanced accuracy", "wall s", "CPU s", "peak MiB", "of fastest peer", "of frozen loop"]
    lines = [[*head, *(f"minus {names[other]}" for other in others)], *(_row(row, names, others) for row in rows)]
    return _table(lines)


def _row(row: Row, names: Mapping[str, str], others: Sequence[str]) -> list[str]:
    return [
        names[row.contestant],
        accuracy(row.accuracy),
        seconds(row.seconds[1]),
        seconds(row.cpu),
        f"{row.peak:.0f}",
        _ratio(row.of_fastest),
        _ratio(row.of_floor),
        *(points(row.minus[other]) if other in row.minus else "" for other in others),
    ]


def accuracy(found: Estimate) -> str:
    """Balanced accuracy with its interval."""
    spread = "" if math.isnan(found.low) else f" ({found.low:.3f} to {found.high:.3f})"
    return f"{found.mean:.3f}{spread}"


def seconds(value: float) -> str:
    """Tenths below ten seconds."""
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def _ratio(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2f}"


def _table(lines: Sequence[Sequence[str]]) -> str:
    head, *rows = lines
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows))


def _listed(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))


def _earlier(record: Record, names: Mapping[str, str]) -> list[str]:
    """What was measured with other code or in other environments than the present ones, and with which."""
    seeds: dict[tuple[str, str, str], list[int]] = {}
    for each in record.earlier:
        by = [] if each.commit == record.commit else [f"commit {each.commit}, now {record.commit}"]
        by += [] if each.environment in record.environments.values() else [f"an environment of {each.environment}"]
        seeds.setdefault((each.set, each.contestant, "; ".join(by)), []).append(each.seed)
    return [
        f"- {names[contestant]} on {set}, seed{'s' if len(found) > 1 else ''} {_listed(found)}: {by}"
        for (set, contestant, by), found in seeds.items()
    ]


def _environment(record: Record) -> list[str]:
    machines = dict.fromkeys(each.machine for each in record.outcomes)
    return [*(f"- {each}" for each in machines), *(f"- {name}: {held}" for name, held in record.environments.items())]
