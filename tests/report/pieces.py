"""What sample results are put together from."""

from __future__ import annotations

import base64
import functools
import io
import math
import random

from headstart.core.results import Interval, MapPoint, ReliabilityBin

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
