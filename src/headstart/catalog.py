"""Every extension point, one line each. The only place that names them together; imports no member."""

from __future__ import annotations

from headstart.core.backbone import Source
from headstart.core.baseline import Baseline
from headstart.core.data_kind import DataKind
from headstart.core.domain import DomainMethod
from headstart.core.registry import Registry
from headstart.core.score import TransferScore
from headstart.core.strategy import Strategy
from headstart.core.task import Task
from headstart.core.validator import Validator

sources = Registry(kind="source", package="headstart.backbones", contract=Source)
strategies = Registry(kind="strategy", package="headstart.strategies", contract=Strategy)
tasks = Registry(kind="task", package="headstart.tasks", contract=Task)
scores = Registry(kind="score", package="headstart.scores", contract=TransferScore)
baselines = Registry(kind="baseline", package="headstart.baselines", contract=Baseline)
domains = Registry(kind="domain method", package="headstart.domains", contract=DomainMethod)
validators = Registry(kind="validator", package="headstart.validators", contract=Validator)
data_kinds = Registry(kind="kind of data", package="headstart.data", contract=DataKind)
