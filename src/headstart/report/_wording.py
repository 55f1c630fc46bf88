"""The answers to the five questions, one plain sentence each, made from the records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from headstart.core.alignment import NORMALISATION, SOURCE_ONLY
from headstart.core.results import CandidateRow, Interval, Results
from headstart.core.words import counted
from headstart.report._format import bare, items, metric, number, passes, percent, plain, points, shorten, signed, span

OUTCOMES = {
    "positive": "Transfer helped",
    "negative": "A control is better",
    "no_material_difference": "No material difference",
    "cannot_tell": "Cannot tell yet",
}
SYMBOLS = {"positive": "▲", "negative": "▼", "no_material_difference": "≈", "cannot_tell": "?"}
CARRIED = {
    "positive": "Better in the target",
    "negative": "Worse in the target",
    "no_material_difference": "Not adapted",
    "cannot_tell": "Adapted; the gain is not certain",
}
CONTROLS = {"scratch": "From scratch", "simple": "Simple baseline", "random_trunk": "Random trunk"}
UNEVEN = 1.5
"""Ratio of the largest class to the smallest from which it matters that every class counts the same."""
SHOWN_DOMAINS = 12
"""Domains that are counted one by one."""
ARTICLED = {"scratch": "training from scratch", "simple": "the simple baseline", "random_trunk": "the random trunk"}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What stands above everything: its ``outcome`` for the colour, a ``symbol`` and a ``title``."""

    outcome: str
    symbol: str
    title: str


def standing(results: Results) -> Standing:
    """Whether the transfer helped or, where the model was to be carried over, whether that did."""
    across = results.across
    if across is None:
        outcome: str = results.verdict.outcome
        return Standing(outcome=outcome, symbol=SYMBOLS[outcome], title=OUTCOMES[outcome])
    gain = across.difference
    if across.alignment.taken == SOURCE_ONLY:
        outcome = "no_material_difference"
    elif gain is None or gain.low <= 0 <= gain.high:
        outcome = "cannot_tell"
    else:
        outcome = "positive" if gain.low > 0 else "negative"
    return Standing(outcome=outcome, symbol=SYMBOLS[outcome], title=CARRIED[outcome])


def control(name: str) -> str:
    """A control inside a sentence."""
    return ARTICLED.get(name, name)


def decisive(results: Results) -> str:
    """The control the verdict is against: the one with the smallest difference; its readable name if none was run."""
    found = {name: row.delta.value for name, row in results.controls.items() if row.delta is not None}
    return min(found, key=lambda name: found[name], default=results.verdict.against)


def where(results: Results) -> str:
    """On what the scores were measured, to be put after "on" or "from"."""
    if results.scored_on == "test":
        return f"{items(results, results.scored)} of the test split"
    part = f"{results.scored:,} of " if results.scored < results.data.n_train else ""
    unseen = " across domains" if results.by_domain else ""
    return f"{part}{items(results, results.data.n_train)} by cross-validation{unseen}"


def by_domain(results: Results) -> str:
    """What the scores by domain are."""
    own = "Intervals are over the items of a domain"
    whose = " These are scores of the transfer, which is not what is served." if results.served == "simple" else ""
    if len(results.by_domain) > 1:
        own += "; that of the score of all is over domains, and says what to expect of one more"
    if results.scored_on == "test":
        return f"Test items of each domain. {own}.{whose}"
    unscored = len(results.data.domain_counts) - len(results.by_domain)
    left = f" There was no time to leave out the other {counted(unscored, 'domain')}." if unscored > 0 else ""
    return f"Each is scored by models that have learnt from others only, as measured.{left} {own}.{whose}"


def domains_in_short(results: Results) -> str:
    """The worst and the best of them; empty where there are no two."""
    if len(results.by_domain) < 2:
        return ""
    worst, best = (
        f"'{shorten(one.domain, 40)}' {number(results.primary, one.score.value)} ({span(results.primary, one.score)})"
        for one in (results.by_domain[0], results.by_domain[-1])
    )
    unseen = ", each unseen in training" if results.scored_on == "cross-validation" else ""
    known, total = len(results.by_domain), len(results.data.domain_counts)
    of = f"Of {counted(known, 'domain')}{unseen}"
    if unseen and known < total:
        of = f"Of {known} of {total} domains, left out as time allowed"
    whose = "the transfer's worst" if results.served == "simple" else "the worst"
    return f"{of}, {whose} is {worst}, the best {best}."


def learnt_domains(results: Results) -> str:
    """The training items of each domain; empty where the data name none."""
    counts = results.data.domain_counts
    return listed([f"{shorten(name, 24)}: {count:,}" for name, count in counts.items()])


def listed(domains: Sequence[str]) -> str:
    """The first of them, and how many there are besides."""
    more = f" and {len(domains) - SHOWN_DOMAINS:,} more" if len(domains) > SHOWN_DOMAINS else ""
    return ", ".join(domains[:SHOWN_DOMAINS]) + more


def restricted(licence: str) -> bool:
    """Whether a licence forbids commercial use, as far as its name tells."""
    return bool(re.search(r"\bnc\b|non-?\s?commercial|research[ -]only|academic[ -]only", licence, re.IGNORECASE))


def data_answer(results: Results) -> str:
    """Is the data fit to learn from?"""
    data = results.data
    held = f"{items(results, data.n_train)} to learn from"
    held += f" and {data.n_test:,} to test on" if data.n_test else ", none kept for a test"
    severities = [issue.severity for issue in data.issues]
    serious = len(severities) - severities.count("note")
    if serious:
        found = f"the audit found {counted(serious, 'problem')}"
    elif severities:
        found = f"the audit found nothing serious and makes {counted(len(severities), 'remark')}"
    else:
        found = "the audit found nothing wrong"
    return f"{held}, in {counted(len(data.classes), 'class', 'classes')}; {found}."


def model_answer(results: Results) -> str:
    """Which pretrained model?"""
    name = bare(results.model.name)
    measured = [each for each in results.ranking if each.probe is not None]
    if len(results.ranking) < 2:
        return f"{name} was the only model in the pool."
    own = next((each for each in measured if each.model == results.model.name), None)
    if own is None or own.probe is None:
        return f"{name} was chosen out of {len(results.ranking)} models."
    value = own.probe.value
    place = 1 + sum(each.probe is not None and each.probe.value > value for each in measured)
    rank = {1: "the best", 2: "the second best", 3: "the third best"}.get(place, f"number {place}")
    reach = f"a linear probe on its frozen features scores {number(results.primary, value)}"
    if len(measured) == 1:
        return f"{name} was chosen: {reach}, and no other model was measured."
    return f"{name} was chosen: {reach}, {rank} of the {len(measured)} models measured."


def tried(results: Results) -> list[CandidateRow]:
    """The candidates that were scored."""
    return [each for each in results.candidates if each.score is not None]


def best(results: Results) -> CandidateRow | None:
    """The candidate that the others are compared with."""
    unpaired = [each for each in tried(results) if each.difference is None]
    return max(unpaired, key=lambda each: each.score.value if each.score else 0.0, default=None)


def strategy_answer(results: Results) -> str:
    """How much of it should change?"""
    measured = tried(results)
    chosen = next((each for each in measured if each.chosen), None)
    if chosen is None:
        return f"{results.strategy} was used; no strategies were compared."
    price = f"at a cost of {passes(chosen.cost)}"
    if len(measured) == 1:
        return f"{chosen.strategy} was the only candidate compared, {price}."
    leader = best(results)
    top = max(each.score.value for each in measured if each.score)
    if chosen.score and chosen.score.value == top:
        return f"{chosen.strategy} scores best of the {len(measured)} candidates compared, {price}."
    if leader is None or chosen.difference is None or leader is chosen:
        return f"{chosen.strategy} was taken of the {len(measured)} candidates compared, {price}."
    gap = chosen.difference.value
    where = "level with" if gap == 0 else f"{points(abs(gap)).removeprefix('+')} {'ahead of' if gap > 0 else 'behind'}"
    low, high = (signed(100 * end) for end in (chosen.difference.low, chosen.difference.high))
    beside = f"{where} {leader.strategy} ({low} to {high})"
    if chosen.expected is not None and all((each.expected or 0.0) <= chosen.expected for each in measured):
        return (
            f"{chosen.strategy} is expected to do best, {price}: it is measured {beside}, and what it did on other "
            "data counts, too."
        )
    return f"{chosen.strategy} is enough, {price}: it is measured {beside}, which may be luck."


def kept(results: Results) -> str:
    """What the adapted body has left of the pretrained one; empty where it is as it was."""
    found = results.retention
    if found is None:
        return ""
    whose = "the test" if found.measured_on == "test" else "the training"
    parts = []
    if found.similarity is not None:
        parts.append(
            f"its features resemble the pretrained ones to {plain(found.similarity, 2)} (linear CKA; 1 is alike)"
        )
    if found.agreement is not None:
        low, high = percent(found.agreement.low), percent(found.agreement.high)
        parts.append(
            f"the classifier of its pretraining ({found.classes:,} classes) still names the same class for "
            f"{percent(found.agreement.value)} of them ({low} to {high})"
        )
    if not parts:
        return ""
    return f"What it has kept: on {items(results, found.items)} of {whose} split, {', and '.join(parts)}."


def transfer_answer(results: Results) -> str:
    """Did the transfer help?"""
    verdict = results.verdict
    rival, gap = control(decisive(results)), points(abs(verdict.delta)).removeprefix("+")
    if verdict.outcome == "positive":
        several = sum(row.delta is not None for row in results.controls.values()) - len(verdict.apart) > 1
        return f"Yes: it beats {rival}{', the strongest control,' if several else ''} by {gap}."
    if verdict.outcome == "negative":
        served = ", and the model folder holds that baseline" if results.served == "simple" else ""
        return f"No: {rival} is better by {gap}{served}."
    if verdict.outcome == "no_material_difference":
        return f"Not materially: {points(verdict.delta)} against {rival}."
    return f"It cannot be told from {items(results, results.scored)}: {points(verdict.delta)} against {rival}."


def served_score(results: Results) -> Interval:
    """The primary metric of what the model folder holds."""
    baseline = results.controls["simple"].score if "simple" in results.controls else None
    if results.served == "simple" and baseline is not None:
        return baseline
    return results.scores[results.primary]


def score_answer(results: Results) -> str:
    """How good is it, honestly?"""
    name, score = results.primary, served_score(results)
    return f"{metric(name).label} {number(name, score.value)} ({span(name, score)}), measured on {where(results)}."


def whole(results: Results) -> str:
    """Where the interval of the verdict comes from; empty where it is that of a row."""
    verdict = results.verdict
    own = (plain(100 * verdict.low), plain(100 * verdict.high))
    gaps = [row.delta for row in results.controls.values() if row.delta is not None]
    if any(own == (plain(100 * gap.low), plain(100 * gap.high)) for gap in gaps):
        return ""
    ends = f"{signed(100 * verdict.low)} to {signed(100 * verdict.high)}"
    return f"Against the best control, whichever that truly is: {points(verdict.delta)} ({ends})."


def paired(results: Results) -> str:
    """What differences under cross-validation are taken on."""
    fewest = min((row.scored for row in results.controls.values() if row.delta is not None), default=0)
    text = "Differences are paired on the folds that both were scored on"
    if fewest >= results.data.n_train:
        return f"{text}."
    return f"{text}, down to {items(results, fewest)}: they may disagree with scores of others beside them."


def detectable(results: Results) -> str:
    """What this many items can and cannot show."""
    verdict = results.verdict
    least, margin = plain(100 * verdict.smallest_detectable), plain(100 * verdict.margin)
    text = (
        f"With {items(results, verdict.scored)}, a true difference of {least} points would be found four times "
        f"out of five; differences under {margin} count as immaterial."
    )
    if verdict.needed is not None:
        text += f" About {counted(verdict.needed, 'scored item')} would settle the question."
    return text


def served(results: Results) -> str:
    """Which model the run folder holds."""
    if results.served == "simple":
        detail = results.controls["simple"].detail if "simple" in results.controls else ""
        return f"the simple baseline ({detail})" if detail else "the simple baseline"
    return f"{bare(results.model.name)} adapted by {results.strategy}{carried_over(results)}"


def carried_over(results: Results) -> str:
    """By what the model was carried over to another domain, behind the name of its strategy; empty where it was not."""
    alignment = results.across.alignment if results.across else None
    if alignment is None or alignment.taken == SOURCE_ONLY:
        return ""
    named = alignment.trained and alignment.trained != NORMALISATION
    return f", then {alignment.taken} with {alignment.trained}" if named else f", then {alignment.taken}"


def reading(results: Results) -> str:
    """How pictures were read; empty for texts."""
    if results.data.modality != "image":
        return ""
    side = results.model.least_side
    if side is None:
        return "all decoded in full"
    return f"large JPEGs decoded at a reduced scale that leaves {side} px or more of the shorter side"


def read_elsewhere(results: Results) -> str:
    """What reading pictures in full, as transformers does, changes; empty where they were read in full here."""
    if results.model.least_side is None:
        return ""
    return (
        f"In this run, {reading(results)}; transformers decodes every picture in full, which changes probabilities of "
        "large JPEGs a little."
    )


def seeing(results: Results) -> str:
    """Whose features the map shows: out of fold every item was scored by another body, so there are none of one."""
    return "model" if results.scored_on == "test" else "pretrained model"


def equal_say(results: Results) -> str:
    """What confidence means where classes differ in size; empty where they hardly do."""
    counts = [count for count in results.data.class_counts.values() if count]
    if not counts or max(counts) < UNEVEN * min(counts):
        return ""
    return (
        "Every class counts the same to the model, so it gives a rare class more confidence than its frequency would."
    )


def chance(results: Results) -> str:
    """What guessing scores, for the metrics where that is known."""
    if results.primary == "balanced_accuracy":
        return f"guessing scores {percent(1 / len(results.data.classes))}"
    return ""
