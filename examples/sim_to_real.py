"""From simulation to reality: learn from rendered digits, adapt to handwritten ones without a label of theirs.

    python examples/sim_to_real.py [--small] [--out RUN]

Pictures that a program draws have labels for free, and look like no real ones. Here a font's digits are turned,
sheared, drawn with pens of all widths and scanned as the real ones were: simulate what is known of the sensor, and
adapt to the rest. The real ones are handwritten, scanned at 8 by 8 pixels, and come with scikit-learn (Alpaydin and
Kaynak 1998, CC-BY-4.0). Half of them, without labels, are the target; the other half only scores what came of it.
Nothing is fetched but the model.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_digits

import headstart as hs

SIDE = 64


def main(arguments: list[str] | None = None) -> hs.Results:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="few digits and a quick budget")
    parser.add_argument("--out", type=Path, help="the run folder")
    options = parser.parse_args(arguments)
    out = options.out or Path("runs/sim_to_real_small" if options.small else "runs/sim_to_real")
    rendered, real, budget = (200, 300, "quick") if options.small else (1000, 1797, "standard")

    with tempfile.TemporaryDirectory() as folder:
        simulated, target, test = (Path(folder) / name for name in ("rendered", "target", "test"))
        write_rendered(simulated, rendered)
        write_real(target, test, real)

        data = hs.load(simulated, test=test)
        unlabelled = hs.load_unlabelled(target)
        pool = ["packaged:efficientnet_lite0"] if options.small else []
        result = hs.align(data, unlabelled, out=out, pool=pool, budget=budget)
        print(result)
        print("\n".join(told(result.results)))
        print(f"Report: {out / 'report.html'}")
        for prediction in hs.open(out).predict(sorted(target.iterdir())[:3]):
            print(f"{Path(prediction.item).name}: {prediction.label} ({prediction.confidence:.0%})")
    return result.results


def told(results: hs.Results) -> list[str]:
    """How wide the gap was, and how far it was closed."""
    after, across = results.scores[results.primary], results.across
    assert across is not None
    if across.before is None or across.difference is None:
        return [f"Not adapted: {after.value:.0%} of the real digits are right."]
    gain = across.difference
    verdict = "the gap got smaller" if gain.low > 0 else "the gap got wider" if gain.high < 0 else "it cannot be told"
    return [
        f"As learnt from rendered digits: {across.before.value:.0%} of the real ones are right.",
        f"Adapted to real ones without labels: {after.value:.0%}.",
        f"That is {100 * gain.value:+.0f} points ({100 * gain.low:+.0f} to {100 * gain.high:+.0f}): {verdict}.",
    ]


def write_rendered(folder: Path, count: int) -> None:
    """Digits of a font, each drawn in its own way, in a folder a class."""
    random = np.random.default_rng(0)
    for number in range(count):
        place = folder / str(number % 10)
        place.mkdir(parents=True, exist_ok=True)
        rendered(number % 10, random).save(place / f"{number}.png")


def rendered(digit: int, random: np.random.Generator) -> Image.Image:
    """White on black, with a pen of some width, turned by up to 15 degrees, sheared and scaled; then scanned as the
    real ones were: what is drawn fills eight by eight pixels.
    """
    canvas = Image.new("L", (SIDE, SIDE))
    font = ImageFont.load_default(size=float(random.uniform(36, 52)))
    ImageDraw.Draw(canvas).text(
        (SIDE / 2, SIDE / 2), str(digit), fill=255, font=font, anchor="mm", stroke_width=int(random.integers(0, 4))
    )
    angle, shear = np.deg2rad(random.uniform(-15, 15)), random.uniform(-0.25, 0.25)
    turn = np.array([[np.cos(angle), -np.sin(angle) + shear], [np.sin(angle), np.cos(angle)]])
    middle = np.full(2, SIDE / 2)
    shift = middle - turn @ middle
    a, b, d, e = turn.ravel().tolist()
    moved = (a, b, float(shift[0]), d, e, float(shift[1]))
    drawn = canvas.transform((SIDE, SIDE), Image.Transform.AFFINE, moved, Image.Resampling.BICUBIC)
    return drawn.crop(drawn.getbbox()).resize((8, 8), Image.Resampling.BOX).resize((SIDE, SIDE))


def write_real(target: Path, test: Path, count: int) -> None:
    """Handwritten digits: half of them in one folder, without labels, half in a folder a class."""
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.images))[:count]
    target.mkdir()
    for number, row in enumerate(order):
        picture = Image.fromarray(np.uint8(digits.images[row] * 255 / 16)).resize((SIDE, SIDE))
        place = target if number % 2 else test / str(digits.target[row])
        place.mkdir(parents=True, exist_ok=True)
        picture.save(place / f"{row}.png")


if __name__ == "__main__":
    main()
