"""Which ways to adapt are compared, and how each goes about so many items."""

from __future__ import annotations

from collections.abc import Mapping

from headstart import catalog
from headstart.core.errors import UserError
from headstart.core.recipe import Recipe
from headstart.core.settings import changed
from headstart.core.strategy import Strategy
from headstart.core.training import InputStrategy


def candidates(recipe: Recipe) -> dict[str, Strategy]:
    """The strategies to compare, by name.

    Epochs or a size of batches that are given are meant: no least number of steps alters them, unless it is given, too.

    Raises:
        UserError: the one that is named is not known or has no such settings, or none is named that has.
    """
    if recipe.strategy != "auto":
        member, settings = catalog.strategies.get(recipe.strategy), dict(recipe.settings)
        if issubclass(member, InputStrategy) and settings.keys() & {"epochs", "batch_size"}:
            settings.setdefault("least_steps", 0)
        return {recipe.strategy: changed(member(), recipe.strategy, settings)}
    if recipe.settings:
        raise UserError(
            f"Settings ({', '.join(recipe.settings)}) belong to one strategy, and the strategy is 'auto': name the one "
            "they are for."
        )
    return {name: member for name, member in catalog.strategies.create().items() if member.candidate}


def paced(strategies: Mapping[str, Strategy], items: int) -> dict[str, Strategy]:
    """The strategies as they are with so many items to learn from."""
    return {name: one.paced(items) if isinstance(one, InputStrategy) else one for name, one in strategies.items()}
