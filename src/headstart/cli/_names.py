"""Names typed on the command line, checked against what exists before any data are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from headstart import catalog
from headstart.core.backbone import BackboneInfo
from headstart.core.errors import UserError, nearest
from headstart.core.recipe import Budget
from headstart.core.registry import Registry

AUTO = "auto"


@dataclass(frozen=True, kw_only=True)
class Names:
    """Checked names; models are spelt out in full (``source:identifier``)."""

    model: str
    pool: tuple[str, ...]


def checked(
    *,
    task: str = "classification",
    model: str = AUTO,
    pool: Sequence[str] = (),
    strategy: str = AUTO,
    budget: str = "standard",
) -> Names:
    """The names with models spelt out in full.

    Raises:
        UserError: some are unknown; one sentence each, all of them together.
    """
    problems: list[str] = []

    def attempt(check: Callable[[], str]) -> str:
        try:
            return check()
        except UserError as error:
            problems.extend(error.problems)
            return ""

    attempt(lambda: _member(catalog.tasks, task))
    found = model if model == AUTO else attempt(lambda: full_model_name(model))
    among = tuple(attempt(lambda name=name: full_model_name(name)) for name in pool)
    if strategy != AUTO:
        attempt(lambda: _member(catalog.strategies, strategy))
    attempt(lambda: str(Budget.parse(budget)))
    if problems:
        raise UserError(*problems)
    return Names(model=found, pool=tuple(dict.fromkeys(among)))


def _member(registry: Registry, name: str) -> str:
    """``name`` if it is a member or an alias of one; nothing is imported."""
    if name not in registry.names() and name not in registry.aliases:
        raise UserError(f"Unknown {registry.kind} '{name}'. {nearest(name, registry.names())}")
    return name


def full_model_name(name: str) -> str:
    """``source:identifier`` for a model given like that, or by its identifier alone where only one source has it.

    Raises:
        UserError: no source knows it, or several do.
    """
    source, colon, identifier = name.partition(":")
    if colon and source not in catalog.sources.names():
        raise UserError(f"Unknown source '{source}' in model '{name}'. {nearest(source, catalog.sources.names())}")
    if colon:
        info = catalog.sources.get(source)().find(identifier)
        if info is None:
            raise UserError(f"Unknown model '{name}'. {nearest(name, [each.name for each in _known()])}")
        return info.name
    matches = sorted({each.name for each in _known() if each.name.partition(":")[2] == name})
    if not matches:
        known = [each.name for each in _known()]
        bare = {each.partition(":")[2]: each for each in known}
        raise UserError(f"Unknown model '{name}'. {nearest(name, [*known, *bare])}")
    if len(matches) > 1:
        raise UserError(f"Model '{name}' is known to several sources; say which: {' or '.join(matches)}.")
    return matches[0]


def _known() -> list[BackboneInfo]:
    return [info for source in catalog.sources.names() for info in catalog.sources.get(source)().infos()]
