"""Domain cards as runs write them."""

from dataclasses import replace

from headstart.core.domain_card import BlockDistance, Differing, Distance, DomainCard, Likeness
from tests.report.pieces import thumbnail


def other_site() -> DomainCard:
    """Cells of another kind: darker, and some like nothing that was learnt from."""
    ends = [
        tuple(
            Likeness(
                id=f"poly/{kind}{number}.png",
                likeness=sign * (0.9 - 0.1 * number),
                text=None,
                thumbnail=thumbnail(number),
            )
            for number in range(3)
        )
        for kind, sign in (("far", -1), ("near", 1))
    ]
    return DomainCard(
        first="training items",
        second="test items",
        items=400,
        separability=Distance(value=1.92, null_mean=0.08, null_high=0.21, p=0.005),
        mmd=Distance(value=0.1231, null_mean=0.0001, null_high=0.0024, p=0.005),
        frechet=Distance(value=1.391, null_mean=0.123, null_high=0.196, p=0.005),
        p=0.005,
        apart=True,
        within=0.005,
        outside=0.38,
        differing=(
            Differing(name="brightness", first=0.412, second=0.287, exceeds=0.08, p=0.005),
            Differing(name="longer side (pixels)", first=300.0, second=1280.0, exceeds=1.0, p=0.005),
        ),
        nearest=ends[1],
        farthest=ends[0],
        kinds=("appearance", "new"),
        blocks=tuple(
            BlockDistance(block=name, separability=Distance(value=value, null_mean=0.07, null_high=0.2, p=p))
            for name, value, p in (("stem", 0.2, 0.31), ("stage 1", 1.1, 0.005), ("stage 2", 1.9, 0.005))
        ),
    )


def same() -> DomainCard:
    """One domain."""
    near = Distance(value=0.04, null_mean=0.06, null_high=0.2, p=0.61)
    return replace(
        other_site(), separability=near, mmd=near, frechet=near, p=0.41, apart=False, within=0.44, outside=0.04,
        differing=(), kinds=(), blocks=(),
    )  # fmt: skip


def other_frequencies() -> DomainCard:
    """Classes differ in how frequent they are, and nothing else does."""
    return replace(other_site(), apart=False, within=0.37, kinds=("classes",), differing=(), outside=0.06, blocks=())
