"""Before the work: fetch the weights that will be used, and settle what the budget buys."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np

from headstart.core.errors import Unavailable
from headstart.core.progress import Progress
from headstart.engine.features import BATCH, Encoder
from headstart.engine.items import Items
from headstart.engine.journal import Journal, write_atomically
from headstart.engine.options import Options, PoolMember
from headstart.engine.plan import PRESETS, Plan, make_plan
from headstart.engine.rank import prior_order


def fetch(options: Options, most: int, progress: Progress) -> tuple[PoolMember, ...]:
    """The pool, most promising first, with the first ``most`` models it can have in the store.

    A model that was not asked for by name and cannot be fetched is left out, and said; work goes on with the others.

    Raises:
        Unavailable: a model that was named cannot be fetched, or none at all can.
    """
    had: list[PoolMember] = []
    problems: list[str] = []
    ordered = prior_order(options.pool, careful=most == 1)
    for member in ordered:
        if len(had) == most:
            break
        try:
            if not member.source.in_store(member.info):
                progress.say(f"Fetching {member.info.name} ({member.info.bytes / 1e6:.0f} MB, {member.info.licence}).")
                member.source.pull(member.info, progress)
            had.append(member)
        except Unavailable as error:
            if options.recipe.model != "auto" or options.recipe.pool:
                raise
            problems.append(str(error))
            progress.say(f"Left out: {error}")
    if not had:
        raise Unavailable(problems[0])
    return (*had, *(member for member in ordered if member not in had))


def most_ranked(options: Options) -> int:
    """How many models the budget may pay for; one in seconds is settled later and may measure fewer."""
    return PRESETS[options.budget.preset or "standard"].ranked


def settle_plan(options: Options, train: Items, journal: Journal, progress: Progress) -> Plan:
    """The plan of the budget. One made from measured speed is kept, so that a resumed run follows it too."""
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
