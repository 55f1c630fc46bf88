"""Before the work: fetch the weights that will be used, and settle what the budget buys."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from headstart.core.dataset import NOUNS
from headstart.core.errors import Unavailable, UserError
from headstart.core.progress import Progress, Silent
from headstart.engine.features import BATCH, Encoder
from headstart.engine.items import Items
from headstart.engine.journal import Journal
from headstart.engine.operations import operations
from headstart.engine.options import Options, PoolMember
from headstart.engine.plan import Plan, Speed, make_plan, measurable
from headstart.engine.rank import prior_order
from headstart.engine.reading import settle_reading


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """Options whose pool is in the store, most promising first, and the others with the reason why they are not."""

    options: Options
    others: tuple[tuple[PoolMember, str], ...]


def prepare(
    options: Options, train: Items, journal: Journal, progress: Progress, *, most: int | None = None
) -> tuple[Fetched, Plan]:
    """Settle the plan and fetch as many models as it measures, or ``most``; both are kept for a resumed run.

    Raises:
        Unavailable: see `fetch`.
    """
    # What seconds buy depends on the speed of a model here; presets need none.
    known = options if options.budget.preset else fetch(options, 1, progress).options
    plan = settle_plan(known, train, journal, progress)

    def decide() -> dict[str, Any]:
        dear = _too_dear(options, plan)
        left = tuple(member for member in options.pool if member.info.name not in dear)
        fetched = fetch(replace(options, pool=left), most or plan.ranked, progress)
        others = {member.info.name: reason for member, reason in fetched.others}
        return {"pool": [member.info.name for member in fetched.options.pool], "others": others | dear}

    # A model that could not be fetched at first must not join the run when it is resumed.
    settled = journal.note("models", decide)
    pool = {member.info.name: member for member in options.pool}
    taken = tuple(_in_store(pool[name], progress) for name in settled["pool"])
    others = tuple((pool[name], reason) for name, reason in settled["others"].items())
    return Fetched(options=replace(options, pool=taken), others=others), plan


def _too_dear(options: Options, plan: Plan) -> dict[str, str]:
    """The models that a budget in seconds leaves no time to measure, with the reason."""
    if plan.speed is None or not plan.speed.gflops:
        return {}
    known = [member for member in _ordered(options, plan.ranked) if member.gflops > 0]
    costs = [member.gflops / plan.speed.gflops for member in known]
    return {
        member.info.name: f"a pass over the data takes about {cost * plan.speed.seconds:.0f} s, too long for the budget"
        for member, cost, fits in zip(known, costs, measurable(costs, options.budget, plan), strict=True)
        if not fits
    }


def _ordered(options: Options, most: int) -> list[PoolMember]:
    """The pool, most promising first."""
    return prior_order(options.pool, careful=_careful(options, most))


def _careful(options: Options, most: int) -> bool:
    """Whether compute is short: a budget in seconds, or one model to be measured."""
    return most == 1 or options.budget.preset is None


def fetch(options: Options, most: int, progress: Progress) -> Fetched:
    """The pool, most promising first, as far as it is in the store afterwards: at most ``most`` models.

    A model that was not asked for by name and cannot be fetched is left out, and said; work goes on with the others.

    Raises:
        Unavailable: a model that was named cannot be fetched, or none at all can.
    """
    had: list[PoolMember] = []
    others: list[tuple[PoolMember, str]] = []
    problems: list[str] = []
    order = "by published accuracy" + (" and compute" if _careful(options, most) else "")
    for member in _ordered(options, most):
        if len(had) == most:
            others.append((member, f"the budget pays for measuring {most}, and {order} it is not the first"))
            continue
        try:
            had.append(_in_store(member, progress))
        except Unavailable as error:
            if member.named:
                raise
            problems.append(str(error))
            others.append((member, "it is not in the store and could not be fetched"))
            progress.say(f"Left out: {error}")
    if not had:
        raise Unavailable(problems[0])
    return Fetched(options=replace(options, pool=tuple(had)), others=tuple(others))


def _in_store(member: PoolMember, progress: Progress) -> PoolMember:
    info = member.info
    if member.source.in_store(info):
        return member.refreshed()
    progress.say(f"Fetching {info.name} ({info.bytes / 1e6:.0f} MB, {info.licence}).")
    found = member.pulled(progress)
    if found.info.modality != info.modality:  # what nobody knew before its files came
        raise UserError(
            f"{info.name} reads {NOUNS[found.info.modality]}s, but the data hold {NOUNS[info.modality]}s. "
            "`headstart models` lists what suits."
        )
    return found


def settle_plan(options: Options, train: Items, journal: Journal, progress: Progress) -> Plan:
    """The plan of the budget; one in seconds from the speed of the pool's first model, kept for a resumed run."""
    modality = options.pool[0].info.modality
    if options.budget.preset is not None:
        return make_plan(options.budget, len(train), modality)

    def decide() -> dict[str, Any]:
        member = options.pool[0]
        backbone = member.load()
        settle_reading(backbone, train, options.home, Silent())  # the ranking, which comes next, says it
        sample = train.subset(np.arange(min(2 * BATCH, len(train))))
        encoded = Encoder(backbone, options.home, progress).encode(sample, "measuring the speed of this machine")
        seconds = encoded.forward_seconds * len(train) / len(sample)
        speed = Speed(seconds=seconds, operations=operations(backbone, train), gflops=member.gflops)
        return asdict(make_plan(options.budget, len(train), modality, speed))

    settled = journal.note("plan", decide)
    return Plan(**{**settled, "speed": Speed(**settled["speed"])})
