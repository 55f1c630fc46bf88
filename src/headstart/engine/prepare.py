"""Before the work: fetch the weights that will be used, and settle what the budget buys."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

import numpy as np

from headstart.core.errors import Unavailable
from headstart.core.progress import Progress
from headstart.engine.features import BATCH, Encoder
from headstart.engine.items import Items
from headstart.engine.journal import Journal, write_atomically
from headstart.engine.options import Options, PoolMember
from headstart.engine.plan import Plan, make_plan
from headstart.engine.rank import prior_order


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """Options whose pool is in the store, most promising first, and the others with the reason why they are not."""

    options: Options
    others: tuple[tuple[PoolMember, str], ...]


def prepare(options: Options, train: Items, journal: Journal, progress: Progress) -> tuple[Fetched, Plan]:
    """Settle the plan and fetch as many models as it measures.

    Raises:
        Unavailable: see `fetch`.
    """
    # What seconds buy depends on the speed of a model here; presets need none.
    known = options if options.budget.preset else fetch(options, 1, progress).options
    plan = settle_plan(known, train, journal, progress)
    return fetch(options, plan.ranked, progress), plan


def fetch(options: Options, most: int, progress: Progress) -> Fetched:
    """The pool, most promising first, as far as it is in the store afterwards: at most ``most`` models.

    A model that was not asked for by name and cannot be fetched is left out, and said; work goes on with the others.

    Raises:
        Unavailable: a model that was named cannot be fetched, or none at all can.
    """
    had: list[PoolMember] = []
    others: list[tuple[PoolMember, str]] = []
    problems: list[str] = []
    for member in prior_order(options.pool, careful=most == 1):
        if len(had) == most:
            others.append((member, f"the budget pays for measuring {most}; by its prior this one comes later"))
            continue
        try:
            had.append(_in_store(member, progress))
        except Unavailable as error:
            if options.recipe.model != "auto" or options.recipe.pool:
                raise
            problems.append(str(error))
            others.append((member, "it is not in the store and could not be fetched"))
            progress.say(f"Left out: {error}")
    if not had:
        raise Unavailable(problems[0])
    return Fetched(options=replace(options, pool=tuple(had)), others=tuple(others))


def _in_store(member: PoolMember, progress: Progress) -> PoolMember:
    """The member with its weights in the store, and with what is only known of them there (checksum, dimensions)."""
    source, info = member.source, member.info
    if source.in_store(info):
        return member
    progress.say(f"Fetching {info.name} ({info.bytes / 1e6:.0f} MB, {info.licence}).")
    source.pull(info, progress)
    return replace(member, info=source.find(info.name.partition(":")[2]) or info)


def settle_plan(options: Options, train: Items, journal: Journal, progress: Progress) -> Plan:
    """The plan of the budget; one in seconds from the speed of the pool's first model, kept for a resumed run."""
    if options.budget.preset is not None:
        return make_plan(options.budget)
    path = journal.path("plan", ".json") if journal.folder else None
    if path is not None and path.exists():
        return Plan(**json.loads(path.read_text()))
    member = options.pool[0]
    encoder = Encoder(member.source.load(member.info), options.home, progress)
    sample = train.subset(np.arange(min(2 * BATCH, len(train))))
    seconds = encoder.encode(sample, "measuring the speed of this machine").forward_seconds
    plan = make_plan(options.budget, seconds * len(train) / len(sample))
    if path is not None:
        write_atomically(path, json.dumps(asdict(plan)).encode())
    return plan
