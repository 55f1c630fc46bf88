"""The straight line, from checked data to a proven model. Read this first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from headstart.core.dataset import Dataset
from headstart.core.progress import Progress
from headstart.core.results import RankingRow
from headstart.core.training import InputStrategy
from headstart.engine.adapted import Adapted
from headstart.engine.checkpoint import checkpoint_bytes
from headstart.engine.clock import Clock
from headstart.engine.contest import hold
from headstart.engine.controls import Setting, try_all
from headstart.engine.crossing import crossed
from headstart.engine.device import hand_back_memory
from headstart.engine.domains import compared, from_training_items
from headstart.engine.evidence import Findings, Preview, gather
from headstart.engine.final import score, settle
from headstart.engine.folds import repeated_folds
from headstart.engine.hearing import beginnings
from headstart.engine.identity import identity
from headstart.engine.items import Items, items_of
from headstart.engine.journal import Journal
from headstart.engine.options import Options, check
from headstart.engine.pictures import Pictures
from headstart.engine.plan import Plan
from headstart.engine.prepare import prepare
from headstart.engine.proof import judge
from headstart.engine.rank import rank
from headstart.engine.reference import kept
from headstart.engine.retention import retained
from headstart.engine.room import Room, room_of
from headstart.engine.run import Labelled, Run
from headstart.engine.strata import MANY
from headstart.engine.threads import modest_threads

OVERRUN = 1.5
"""Times a budget in seconds from which on a run says that it took longer."""
SECONDS = "seconds"
"""What the journal keeps those of earlier sittings under."""
FETCHING = "fetch models"
"""The stage that no budget is for."""


def adapt(
    data: Dataset, options: Options, *, journal_folder: Path | None, preview: Preview, progress: Progress
) -> Adapted:
    """Audit, rank, compare strategies, prove against controls, refit, score.

    Args:
        data: the checked data; its test split, if any, is handed out once, to the final scoring and the controls.
        options: models, strategies and controls as objects.
        journal_folder: where finished pieces are kept so that a killed run resumes; None keeps nothing.
        preview: excerpt or thumbnail of a decoded item, for the report.
        progress: told what is going on.

    Raises:
        UserError: the data, the models and the strategies do not fit together (all problems at once).
        Unavailable: weights are missing and cannot be fetched.
    """
    check(data, options)
    try:
        with modest_threads(len(data)):
            return _line(data, options, journal_folder, preview, progress)
    finally:
        hand_back_memory()


def _line(
    data: Dataset, options: Options, journal_folder: Path | None, preview: Preview, progress: Progress
) -> Adapted:
    journal = Journal(journal_folder, identity(data, options))
    if journal.pieces:
        progress.say(f"Going on with the interrupted run; finished pieces of work that are kept: {journal.pieces}.")
    with room_of(journal, progress, options.home) as room:
        return _pieces(data, options, journal, room, preview)


def _pieces(data: Dataset, options: Options, journal: Journal, room: Room, preview: Preview) -> Adapted:
    clock, progress = _clock(journal), room.progress
    pictures = Pictures()
    train, test = (items_of(data, rows, pictures) for rows in (data.split.train, data.split.test))
    with clock.stage(FETCHING):
        fetched, plan = prepare(options, train, journal, progress)
    options = fetched.options
    journal.require(_checkpoints(options, plan))
    labelled, fold_note = label(data, train, options, plan)
    run = Run(options=options, plan=plan, data=labelled, journal=journal, progress=progress, room=room)
    with clock.stage("rank"):
        ranked = rank(run, fetched.others)
    with clock.stage("compare strategies"):
        contest = hold(ranked.taken, run)
    with clock.stage("refit"):
        settled = settle(contest, run)
    measured, crossing = settled, None
    if options.destination is not None:
        with clock.stage("carry over"):
            crossing = crossed(settled, run, data, options.destination, preview)
        measured, settled = crossing.scored(data.split), crossing.settled
    winner, model = settled.chosen.trial, settled.model
    with clock.stage("score"):
        scored = score(measured, ranked, run, data, test)
    with clock.stage("controls"):
        member = options.member(winner.contender.name)
        controls = try_all(Setting(run=run, winner=winner, member=member, test=test))
        proof = judge(controls, winner, scored, labelled)
    with clock.stage("evidence"):
        seen, carried = scored if measured is settled else None, crossing is not None and crossing.carried
        retention, reference = retained(settled, seen, run, test), kept(settled, seen, run, carried=carried)
        pretraining, vocabulary = from_training_items(winner.contender, run)
        cards, card_note = compared(winner.contender, run, data, test, preview)
        found = Findings(
            ranked=ranked,
            settled=settled,
            scored=scored,
            proof=proof,
            retention=retention,
            pretraining=pretraining,
            vocabulary=vocabulary,
            domains=cards if crossing is None else (crossing.card, *cards),
            across=None if crossing is None else crossing.across(scored, run, data.split),
        )
        notes = [*_notes(fold_note, data, options, clock), card_note]
        results = gather(found, run, data, preview=preview, notes=notes, seconds=clock.seconds)
    return Adapted(
        recipe=options.recipe,
        backbone=model.backbone,
        head=model.head,
        baseline=proof.baseline,
        baseline_name=options.baseline_name,
        results=replace(results, seconds=clock.seconds),
        arithmetic=model.arithmetic.note(),
        identity=journal.identity,
        reference=reference,
    )


def _checkpoints(options: Options, plan: Plan) -> int:
    """Bytes that the checkpoints of one fit take on the disk at most; those of averaged fits are kept together."""
    trained = [each for each in options.strategies.values() if isinstance(each, InputStrategy)]
    if not plan.passes and len(options.strategies) > 1:
        trained = []  # one that is named is trained under any budget
    trained += [options.scratch] if plan.scratch_passes else []
    if options.destination is not None and options.destination.training is not None:
        trained.append(options.destination.training.strategy)
    largest = max(member.info.parameters for member in options.pool)
    return max((checkpoint_bytes(largest, best=each.holds_out) * len(each.ingredients) for each in trained), default=0)


def rank_only(data: Dataset, options: Options, progress: Progress) -> tuple[RankingRow, ...]:
    """The ranking of the whole pool, as far as a budget in seconds leaves time for it, and nothing else.

    Raises:
        UserError: the data and the models do not fit together.
        Unavailable: weights are missing and cannot be fetched.
    """
    check(data, options)
    with modest_threads(len(data)):
        return _ranking(data, options, progress)


def _ranking(data: Dataset, options: Options, progress: Progress) -> tuple[RankingRow, ...]:
    journal = Journal(None, {})
    train = items_of(data, data.split.train)
    found, plan = prepare(options, train, journal, progress, most=len(options.pool))
    plan = replace(plan, taken=0, enlarged=False)
    labelled, _ = label(data, train, options, plan)
    run = Run(options=found.options, plan=plan, data=labelled, journal=journal, progress=progress)
    return rank(run, found.others).rows


def _clock(journal: Journal) -> Clock:
    """One that goes on from where it was when the last piece was finished, if the run was killed."""
    clock = Clock(journal.note(SECONDS, dict), lambda sums: journal.amend(SECONDS, sums))
    journal.on_written.append(clock.keep_now)
    return clock


def _notes(folds: str, data: Dataset, options: Options, clock: Clock) -> list[str]:
    """Sentences on what was not done as fully as it could be, whatever the models; empty ones where it was."""
    heard, asked = options.pool[0].seconds, options.budget.seconds
    taken = sum(seconds for stage, seconds in clock.seconds.items() if stage != FETCHING)
    return [
        f"The run took {taken:.0f} s, not {asked:.0f}: work is cut to a budget in seconds, which is no deadline"
        if asked is not None and taken > OVERRUN * asked and not clock.resumed  # what was done twice counts twice
        else "",
        f"Cross-validation: {folds}" if folds else "",
        "" if heard is None else beginnings(data.seconds, heard),
    ]


def label(data: Dataset, train: Items, options: Options, plan: Plan) -> tuple[Labelled, str]:
    """The training items with the folds that everything is compared on, and a note if they are not as asked."""
    rows = data.split.train
    targets, groups = data.targets[rows], data.clusters[rows]
    repeats = plan.repeats if len(train) < MANY else 1
    asked, noun = plan.folds, "group"
    if data.domains is not None:
        domains = len(np.unique(groups))
        asked, noun = min(asked, domains), "domain"
        repeats = 1 if asked == domains else repeats  # there is one way to leave each of them out
    folds, note = repeated_folds(targets, groups, asked, repeats, options.seed, noun)
    if len(train) >= MANY and plan.repeats > 1:
        once = f"one pass instead of {plan.repeats}, because of {len(train):,} items the partition hardly matters"
        note = f"{note}; {once}" if note else once
    labelled = Labelled(
        items=train,
        targets=targets,
        groups=groups,
        ties=data.groups[rows],
        folds=folds,
        task=options.task,
        domains=None if data.domains is None else data.domains[rows],
    )
    return labelled, note
