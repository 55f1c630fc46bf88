"""Results of a run on tweets where TF-IDF wins, and of a run that recorded next to nothing."""

from __future__ import annotations

import dataclasses

from headstart.core.domain_card import FromVocabulary
from headstart.core.results import (
    CandidateRow,
    ControlRow,
    CurvePoint,
    DataRecord,
    LearningCurve,
    Mistake,
    ModelRecord,
    RankingRow,
    Results,
    Verdict,
)
from tests.report.pieces import ENVIRONMENT, NESTED, PAIRED, bins, cloud, interval


def tweets() -> Results:
    """Three classes of texts scored by cross-validation; TF-IDF beats the small encoder and is served."""
    classes = ("negative", "neutral", "positive")
    confusion = ((231, 58, 34), (61, 207, 33), (42, 29, 69))
    excerpts = (
        "great, another update that deletes all my drafts. thank you SO much",
        "not bad at all, I was ready to hate it",
        "well that was a way to spend a Monday",
        "I can't believe how little they charge for this",
        "wish I could say it was worth the wait 😒",
    )
    model = "packaged:all_minilm_l6_v2"
    skipped = "the budget 'quick' tries strategies that read cached features only"
    return Results(
        headline="Transfer hurt: -4.6 points of balanced accuracy against the control (a simple non-deep model), "
        "95% interval -7.7 to -1.5.",
        data=DataRecord(
            name="tweets.csv",
            modality="text",
            fingerprint="sha256:c51d0927aa3e4b10",
            n_train=764,
            n_test=0,
            split="none",
            classes=classes,
            class_counts={"negative": 323, "neutral": 301, "positive": 140},
            issues=(),
            roles={"input": "text", "label": "sentiment"},
        ),
        model=ModelRecord(
            name=model,
            source="packaged",
            revision="1.0.2",
            sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            licence="Apache-2.0",
            parameters=22_713_216,
            pretraining="1 billion sentence pairs, contrastive",
            input={"tokens": 256},
            least_side=None,
            parts=(),
            layers=False,
            code="",
        ),
        strategy="linear_probe",
        strategy_options={"penalty": 0.8},
        primary="balanced_accuracy",
        ranking=(
            RankingRow(
                model=model,
                input={"tokens": 128},
                prior=0.58,
                knn=interval(0.521, 0.041, NESTED),
                probe=interval(0.599, 0.038, NESTED),
                scores={"logme": -0.31, "h_score": None},
                seconds=6.1,
                parameters=22_713_216,
                bytes=90_900_000,
                licence="Apache-2.0",
                taken=True,
                skipped=None,
            ),
        ),
        candidates=(
            CandidateRow(
                model=model,
                input={"tokens": 128},
                strategy="linear_probe",
                score=interval(0.599, 0.038, NESTED),
                standard_error=None,
                difference=None,
                expected=0.599,
                cost=1.0,
                seconds=1.1,
                folds=5,
                chosen=True,
                skipped=None,
            ),
            CandidateRow(
                model=model,
                input={"tokens": 128},
                strategy="last_blocks",
                score=None,
                standard_error=None,
                difference=None,
                expected=None,
                cost=10.0,
                seconds=0.0,
                folds=0,
                chosen=False,
                skipped=skipped,
            ),
        ),
        scores={
            "balanced_accuracy": interval(0.599, 0.038, NESTED),
            "accuracy": interval(0.664, 0.034),
            "macro_f1": interval(0.618, 0.036),
            "log_loss": interval(0.802, 0.051),
            "brier": interval(0.451, 0.032),
            "ece": interval(0.031, 0.016),
        },
        scored_on="cross-validation",
        scored=764,
        controls={
            "scratch": ControlRow(
                name="scratch",
                detail="",
                score=None,
                delta=None,
                scored=0,
                seconds=0.0,
                skipped="the budget 'quick' leaves out training from scratch",
            ),
            "simple": ControlRow(
                name="simple",
                detail="TF-IDF + logistic regression",
                score=interval(0.645, 0.036, NESTED),
                delta=interval(-0.046, 0.031, PAIRED),
                scored=764,
                seconds=1.2,
                skipped=None,
            ),
            "random_trunk": ControlRow(
                name="random_trunk",
                detail="",
                score=None,
                delta=None,
                scored=0,
                seconds=0.0,
                skipped="the budget 'quick' leaves out the random trunk",
            ),
        },
        verdict=Verdict(
            outcome="negative",
            against="a simple non-deep model",
            apart=(),
            delta=-0.046,
            low=-0.077,
            high=-0.015,
            margin=0.01,
            scored=764,
            smallest_detectable=0.044,
            needed=None,
            sentence="Transfer hurt: -4.6 points of balanced accuracy against the control (a simple non-deep model), "
            "95% interval -7.7 to -1.5.",
        ),
        served="simple",
        temperature=1.08,
        confusion=confusion,
        reliability=bins([(0.44, 0.47), (0.57, 0.60), (0.69, 0.67), (0.82, 0.79), (0.93, 0.88)], 153),
        mistakes=tuple(
            Mistake(
                id=f"row {17 + 31 * row}",
                truth=classes[row % 3],
                predicted=classes[(row + 2) % 3],
                confidence=0.94 - 0.03 * row,
                text=excerpt,
                thumbnail=None,
            )
            for row, excerpt in enumerate(excerpts)
        ),
        map=cloud([(-2.0, 0.0), (0.6, 1.7), (1.8, -1.2)], confusion, seed=5),
        learning_curve=LearningCurve(
            points=(
                CurvePoint(n=95, value=0.551, low=0.512, high=0.588),
                CurvePoint(n=191, value=0.588, low=0.561, high=0.611),
                CurvePoint(n=382, value=0.602, low=0.589, high=0.617),
                CurvePoint(n=764, value=0.599, low=0.594, high=0.605),
            ),
            forecast=(),
            note="The curve is flat from 191 texts on, so there is no forecast: more such labels would buy little.",
        ),
        retention=None,
        pretraining=None,
        vocabulary=FromVocabulary(items=400, pieces=1.42, low=1.39, high=1.46, unknown=0.004),
        domains=(),
        across=None,
        by_domain=(),
        skipped=(
            "Control not run: scratch; the budget 'quick' leaves it out.",
            "Control not run: random_trunk; the budget 'quick' leaves it out.",
        ),
        seconds={
            "fetch models": 0.1,
            "rank": 6.5,
            "compare strategies": 1.1,
            "refit": 0.2,
            "controls": 1.2,
            "evidence": 0.4,
        },
        forward_pass_seconds=6.0,
        environment=ENVIRONMENT,
        budget="quick",
        seed=0,
    )


def bare_minimum() -> Results:
    """As little as a run can record: nothing ranked or tried, no controls run, nothing to draw."""
    base = tweets()
    nothing = dataclasses.replace(base.controls["simple"], score=None, delta=None, skipped="it was switched off")
    sentence = "Cannot tell whether transfer helped: 0.0 points of balanced accuracy against the control."
    undecided = dataclasses.replace(
        base.verdict, outcome="cannot_tell", delta=0.0, low=-0.05, high=0.05, needed=2300, sentence=sentence
    )
    return dataclasses.replace(
        base,
        headline=sentence,
        ranking=(),
        candidates=(),
        strategy_options={},
        scores={"balanced_accuracy": base.scores["balanced_accuracy"]},
        controls={**base.controls, "simple": nothing},
        served="transfer",
        verdict=undecided,
        reliability=(),
        mistakes=(),
        map=(),
        learning_curve=LearningCurve(points=(), forecast=(), note=""),
        skipped=(),
        seconds={},
        environment={},
    )
