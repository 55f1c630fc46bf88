"""What was asked for: equal recipes give equal runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from headstart.core.errors import UserError
from headstart.core.settings import Value

Preset = Literal["quick", "standard", "thorough"]
PRESETS: tuple[Preset, ...] = ("quick", "standard", "thorough")


@dataclass(frozen=True, kw_only=True)
class Budget:
    """A bound on the whole run: a preset, which counts work and is the same on every machine, or seconds."""

    preset: Preset | None
    seconds: float | None

    def __str__(self) -> str:
        return self.preset or f"{self.seconds:g}s"

    @classmethod
    def parse(cls, text: str) -> Budget:
        """``quick``, ``standard``, ``thorough``, or a duration such as ``90s``, ``5m``, ``1h`` or ``1h30m``.

        Raises:
            UserError: the text is neither, or the duration is zero.
        """
        for preset in PRESETS:
            if text == preset:
                return cls(preset=preset, seconds=None)
        match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", str(text))
        if match and any(match.groups()):
            hours, minutes, seconds = (int(part or 0) for part in match.groups())
            total = 3600 * hours + 60 * minutes + seconds
            if total == 0:
                raise UserError(f"Budget '{text}' leaves no time at all; give a duration such as 90s, 5m or 1h30m.")
            return cls(preset=None, seconds=float(total))
        raise UserError(
            f"Budget '{text}' is neither a preset ({', '.join(PRESETS)}) nor a duration such as 90s, 5m or 1h30m."
        )


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything a run depends on besides the data's content. Saved as ``recipe.toml``.

    ``data``, ``test``, ``target`` and ``labelled`` are paths (empty when the data came as an object; for ``test`` and
    ``labelled`` then `headstart.core.dataset.IN_MEMORY`, for they may also be left out); ``target`` is a
    domain without labels, ``labelled`` a few items of it that have some, and ``method`` the way across, ``auto`` or a
    name (empty: there is no target). ``roles`` names columns that were named by the user (``input``, ``label``,
    ``group``, ``domain``); the others are found again. ``model`` and ``strategy`` are names or ``auto``; ``licence``
    says which licences of weights will do. ``settings`` are those of the strategy that is named or, with a target, of
    the method and the strategy (`headstart.core.settings`).
    """

    data: str = ""
    test: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    task: str = "classification"
    model: str = "auto"
    pool: tuple[str, ...] = ()
    licence: str = "any"
    strategy: str = "auto"
    settings: Mapping[str, Value] = field(default_factory=dict)
    budget: str = "standard"
    seed: int = 0
    target: str = ""
    labelled: str = ""
    method: str = ""
