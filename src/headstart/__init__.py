"""headstart: bring a small labelled data set; leave with the best model that pretrained knowledge can give you.

    import headstart as hs

    data = hs.load("photos/")
    print(data.issues)
    result = hs.adapt(data, budget="5m")
    result.save("runs/photos")
    hs.open("runs/photos").predict(["new.jpg"])

Importing this page imports nothing heavy: every name is fetched when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headstart.adapting import Adaptation as Adaptation
    from headstart.api import Ranking as Ranking
    from headstart.api import adapt as adapt
    from headstart.api import align as align
    from headstart.api import compare_domains as compare_domains
    from headstart.api import load as load
    from headstart.api import load_few as load_few
    from headstart.api import load_unlabelled as load_unlabelled
    from headstart.api import methods as methods
    from headstart.api import models as models
    from headstart.api import open as open
    from headstart.api import pull as pull
    from headstart.api import rank as rank
    from headstart.api import strategies as strategies
    from headstart.bundle.predictor import Prediction as Prediction
    from headstart.bundle.predictor import Predictor as Predictor
    from headstart.core.backbone import Backbone as Backbone
    from headstart.core.backbone import BackboneInfo as BackboneInfo
    from headstart.core.dataset import Dataset as Dataset
    from headstart.core.dataset import Issue as Issue
    from headstart.core.dataset import Unlabelled as Unlabelled
    from headstart.core.domain import DomainMethod as DomainMethod
    from headstart.core.domain_card import DomainCard as DomainCard
    from headstart.core.domain_card import DomainComparison as DomainComparison
    from headstart.core.errors import HeadstartError as HeadstartError
    from headstart.core.errors import Unavailable as Unavailable
    from headstart.core.errors import UserError as UserError
    from headstart.core.recipe import Recipe as Recipe
    from headstart.core.results import Results as Results
    from headstart.core.results import Verdict as Verdict
    from headstart.core.strategy import Strategy as Strategy

__version__ = "0.1.0"

_HOMES = {
    "adapt": "api",
    "align": "api",
    "compare_domains": "api",
    "load": "api",
    "load_few": "api",
    "load_unlabelled": "api",
    "methods": "api",
    "models": "api",
    "open": "api",
    "pull": "api",
    "rank": "api",
    "strategies": "api",
    "Adaptation": "adapting",
    "Ranking": "api",
    "Backbone": "core.backbone",
    "BackboneInfo": "core.backbone",
    "Dataset": "core.dataset",
    "DomainCard": "core.domain_card",
    "DomainComparison": "core.domain_card",
    "DomainMethod": "core.domain",
    "HeadstartError": "core.errors",
    "Issue": "core.dataset",
    "Prediction": "bundle.predictor",
    "Predictor": "bundle.predictor",
    "Recipe": "core.recipe",
    "Results": "core.results",
    "Strategy": "core.strategy",
    "Unavailable": "core.errors",
    "Unlabelled": "core.dataset",
    "UserError": "core.errors",
    "Verdict": "core.results",
}

__all__ = sorted(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'headstart' has no attribute '{name}'")
    return getattr(import_module(f"headstart.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
