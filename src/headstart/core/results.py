"""The records a run leaves behind. Plain values only, so that ``dataclasses.asdict`` is the JSON document.

``report/schema.json`` describes the same structure for readers in other languages; a test keeps both equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from headstart.core.alignment import Alignment
from headstart.core.domain_card import DomainCard, FromPretraining, FromVocabulary

Outcome = Literal["positive", "negative", "no_material_difference", "cannot_tell"]
SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A value with a two-sided 95% interval and the name of the method that made it."""

    value: float
    low: float
    high: float
    method: str


@dataclass(frozen=True, kw_only=True)
class IssueRecord:
    """See `headstart.core.dataset.Issue`; ``items`` holds at most twenty ids, ``count`` all."""

    code: str
    severity: str
    message: str
    items: tuple[str, ...]
    count: int


@dataclass(frozen=True, kw_only=True)
class DataRecord:
    """The data as they were used. ``class_counts`` counts training items by class name, ``domain_counts`` by domain
    where the data name domains; ``licence`` is that of the data where it is known (else empty).
    """

    name: str
    modality: Literal["image", "text", "audio"]
    fingerprint: str
    n_train: int
    n_test: int
    split: str
    classes: tuple[str, ...]
    class_counts: Mapping[str, int]
    issues: tuple[IssueRecord, ...]
    roles: Mapping[str, str]
    licence: str = ""
    domain_counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ModelRecord:
    """The chosen backbone.

    ``least_side``: pixels that the shorter side of a JPEG keeps when it is decoded at a reduced scale; None: pictures
    are decoded in full, or the items are texts. ``parts`` are the models that are joined in it, if it is no single one;
    ``layers`` says whether the classifier reads what every block gives, and ``code`` names the file in the model's
    folder that runs it; empty where transformers has a class of its own.
    """

    name: str
    source: str
    revision: str
    sha256: str
    licence: str
    parameters: int
    pretraining: str
    input: Mapping[str, int]
    least_side: int | None
    parts: tuple[str, ...]
    layers: bool
    code: str


@dataclass(frozen=True, kw_only=True)
class RankingRow:
    """One ranked backbone: static prior, kNN and linear probe (cross-validated primary metric), scores, cost.

    ``input`` is the size of what it was given: ``size`` in pixels, or ``tokens``. ``taken`` marks those that went on to
    the comparison of strategies; ``skipped`` says why one was not measured.
    """

    model: str
    input: Mapping[str, int]
    prior: float
    knn: Interval | None
    probe: Interval | None
    scores: Mapping[str, float | None]
    seconds: float
    parameters: int
    bytes: int
    licence: str
    taken: bool
    skipped: str | None


@dataclass(frozen=True, kw_only=True)
class CandidateRow:
    """One model x strategy tried: cross-validated primary metric, paired difference to the best candidate, cost.

    ``difference`` and its ``standard_error`` are None for the best itself and where the two share no scored item.
    ``expected`` is the score that was chosen by: the measured one drawn towards what the strategy brought elsewhere.
    ``cost`` counts what adapting once takes in forward passes of that very backbone over the training data: how much
    of it is reworked, whatever its size. ``seconds`` is what trying it took. ``input`` is the size of what the backbone
    was given: ``size`` in pixels, or ``tokens``.
    """

    model: str
    input: Mapping[str, int]
    strategy: str
    score: Interval | None
    standard_error: float | None
    difference: Interval | None
    expected: float | None
    cost: float
    seconds: float
    folds: int
    chosen: bool
    skipped: str | None


@dataclass(frozen=True, kw_only=True)
class ControlRow:
    """A control: its score, and the chosen transfer minus the control, paired on the ``scored`` items both have."""

    name: Literal["scratch", "simple", "random_trunk"]
    detail: str
    score: Interval | None
    delta: Interval | None
    scored: int
    seconds: float
    skipped: str | None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Did transfer help? Chosen transfer minus the best control, as a share of the primary metric (0.01 is a point).

    ``against`` names that control to people; in ``controls`` it is the one with the smallest difference. ``apart`` are
    the names in ``controls`` of those that do not count, because they were scored on too few of the items.

    ``needed`` is about how many scored items would settle it (None when it is settled or cannot be estimated),
    ``smallest_detectable`` the smallest true difference that the ``scored`` items find four times out of five; both
    are those of the comparison in the way of an answer, which need not be that with the best control.
    """

    outcome: Outcome
    against: str
    apart: tuple[str, ...]
    delta: float
    low: float
    high: float
    margin: float
    scored: int
    smallest_detectable: float
    needed: int | None
    sentence: str


@dataclass(frozen=True, kw_only=True)
class ReliabilityBin:
    """Equal-mass bin of top-class confidence."""

    confidence: float
    accuracy: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A confidently wrong prediction; ``thumbnail`` is a ``data:`` URI for images, ``text`` an excerpt for texts."""

    id: str
    truth: str
    predicted: str
    confidence: float
    text: str | None
    thumbnail: str | None


@dataclass(frozen=True, kw_only=True)
class MapPoint:
    """An item in the 2-D map of the features."""

    x: float
    y: float
    truth: int
    predicted: int


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """Mean primary metric after training on ``n`` items, with the range over draws."""

    n: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class LearningCurve:
    """What more labels would buy a linear probe on the chosen model's frozen features, whichever strategy was chosen.

    ``forecast`` is empty when the curve is too flat or too noisy: ``note`` says so.
    """

    points: tuple[CurvePoint, ...]
    forecast: tuple[CurvePoint, ...]
    note: str


@dataclass(frozen=True, kw_only=True)
class Retention:
    """What the adapted body has kept of the pretrained one, on ``items`` items of the ``test`` split or, without one,
    of the ``training`` items.

    ``similarity`` is the linear CKA of features before and after, 1 where nothing was lost (None: too few items, or
    features that do not vary). Where the body came with a classifier for ``classes`` classes of its pretraining (0: it
    did not), ``agreement`` is the share of items for which it still names the same one.
    """

    measured_on: Literal["test", "training"]
    items: int
    similarity: float | None
    agreement: Interval | None
    classes: int


@dataclass(frozen=True, kw_only=True)
class TargetRecord:
    """The domain without labels that the model was to be carried over to; ``independent`` counts copies once."""

    name: str
    fingerprint: str
    items: int
    independent: int
    issues: tuple[IssueRecord, ...]


@dataclass(frozen=True, kw_only=True)
class FewRecord:
    """What so many labelled ``items`` of the target said, by which ways across were chosen and to which nothing was
    fitted: the primary metric of every way that was tried, by its name (``right``), and how far the one that was taken
    is above the model as it was (``difference``, a little too high for having been chosen by them; None where that was
    kept). ``instead_of`` is what the guard had taken, empty where they left it at that.
    """

    items: int
    instead_of: str
    right: Mapping[str, Interval]
    difference: Interval | None


@dataclass(frozen=True, kw_only=True)
class Across:
    """How the model was carried over, or why it was not.

    ``before`` is the primary metric on the test split of the model as it was, ``difference`` what carrying it over made
    of that, paired by item; None where there are no test items or nothing was changed. ``labelled`` is None where no
    item of the target came with a label.
    """

    target: TargetRecord
    alignment: Alignment
    labelled: FewRecord | None
    before: Interval | None
    difference: Interval | None


@dataclass(frozen=True, kw_only=True)
class DomainScore:
    """The primary metric on the scored ``items`` of one domain that the data name. In cross-validation it is that of
    the first repeat, by a model that had not learnt from that domain, and not corrected for the choice of the model.
    """

    domain: str
    items: int
    score: Interval


@dataclass(frozen=True, kw_only=True)
class Results:
    """Every number of the report. The scores were measured on ``scored`` items: of the ``test`` split, or those whose
    fold of the ``cross-validation`` was run (``scored_on``). ``served`` says whether the model folder holds the
    ``transfer`` or the ``simple`` control that beat it. ``scores``, ``confusion``, ``reliability``, ``mistakes`` and
    ``map`` are those of the transfer either way. ``retention`` is None where the body is as it was pretrained.
    ``domains`` compare the training items with those of a test split that came with the data, and with those of a
    domain without labels, ``across`` says what became of carrying the model over to it; None where there is none.
    ``by_domain`` has the domains that the data name, the worst first; empty where they name none.
    """

    headline: str
    data: DataRecord
    model: ModelRecord
    strategy: str
    strategy_options: Mapping[str, float | int | str | bool]
    primary: str
    ranking: tuple[RankingRow, ...]
    candidates: tuple[CandidateRow, ...]
    scores: Mapping[str, Interval]
    scored_on: Literal["test", "cross-validation"]
    scored: int
    controls: Mapping[str, ControlRow]
    verdict: Verdict
    served: Literal["transfer", "simple"]
    temperature: float
    confusion: tuple[tuple[int, ...], ...]
    reliability: tuple[ReliabilityBin, ...]
    mistakes: tuple[Mistake, ...]
    map: tuple[MapPoint, ...]
    learning_curve: LearningCurve
    retention: Retention | None
    pretraining: FromPretraining | None
    vocabulary: FromVocabulary | None
    domains: tuple[DomainCard, ...]
    across: Across | None
    by_domain: tuple[DomainScore, ...]
    skipped: tuple[str, ...]
    seconds: Mapping[str, float]
    forward_pass_seconds: float
    environment: Mapping[str, str | int | bool | Mapping[str, str]]
    budget: str
    seed: int
    schema: int = field(default=SCHEMA)
