"""What the engine returns: an adapted model, the evidence, and everything needed to write the run folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from headstart.core.backbone import Backbone, LinearHead
from headstart.core.baseline import Baseline
from headstart.core.domain_reference import DomainReference
from headstart.core.recipe import Recipe
from headstart.core.results import Results


@dataclass(frozen=True, kw_only=True)
class Adapted:
    """``backbone`` and ``head`` are the transfer refitted on all training items, the temperature folded in.

    ``baseline`` is the simple control fitted on the same items; it is what is served when ``results.served`` says
    so, and then ``backbone`` and ``head`` are the best the transfer could do. ``reference`` is what is kept of their
    domain. ``arithmetic`` notes how the body is run
    (`Arithmetic.note`), ``identity`` what all of it depends on.
    """

    recipe: Recipe
    backbone: Backbone
    head: LinearHead
    baseline: Baseline | None
    baseline_name: str
    results: Results
    arithmetic: Mapping[str, Any] = field(default_factory=dict)
    identity: Mapping[str, object] = field(default_factory=dict)
    reference: DomainReference | None = None
