"""What was measured, one line per contestant, set and seed; kept as JSON after each, so that nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

SCHEMA = 2
"""Of the file; raise it when it changes."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One contestant on one draw of one set.

    Attributes:
        balanced_accuracy: on the test part, 0 to 1.
        wall: seconds from the start of the process to its end.
        cpu: seconds of all processors, worker processes included.
        peak: resident memory of its largest process at the highest, MiB.
        machine: processor, versions and commit it was measured with.
        commit: the code it was measured with.
        environment: what the contestant's environment held.
    """

    set: str
    contestant: str
    seed: int
    balanced_accuracy: float
    wall: float
    cpu: float
    peak: float
    machine: str
    commit: str
    environment: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """All outcomes on sets of ``train`` and ``test`` items.

    ``commit`` is the present code, ``environments`` says what each environment holds at present.
    """

    train: int
    test: int
    commit: str
    environments: dict[str, str]
    outcomes: tuple[Outcome, ...]
    schema: int = SCHEMA

    @property
    def earlier(self) -> tuple[Outcome, ...]:
        """Outcomes of other code, or of an environment that held something else."""
        held = self.environments.values()
        return tuple(each for each in self.outcomes if each.commit != self.commit or each.environment not in held)

    def has(self, set: str, contestant: str, seed: int) -> bool:
        """Whether this was measured."""
        return any((o.set, o.contestant, o.seed) == (set, contestant, seed) for o in self.outcomes)


def write(path: Path, record: Record) -> None:
    """Write ``record``; the file is whole at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(f"{json.dumps(asdict(record), indent=1)}\n", encoding="utf-8")
    part.replace(path)


def read(path: Path) -> Record:
    """The record in ``path``; one that an older bench wrote is refused."""
    found = json.loads(path.read_text(encoding="utf-8"))
    if found.get("schema") != SCHEMA:
        raise SystemExit(
            f"{path} is of an older bench (schema {found.get('schema', 'unknown')}, expected {SCHEMA}); start anew "
            "without --resume: --anew replaces it."
        )
    return Record(**{**found, "outcomes": tuple(Outcome(**each) for each in found["outcomes"])})


def going_on(path: Path, train: int, test: int, commit: str, environments: dict[str, str]) -> Record:
    """The record in ``path`` to add to; of other sizes it is refused, because its rows could not be compared."""
    if not path.is_file():
        return Record(train=train, test=test, commit=commit, environments=environments, outcomes=())
    found = read(path)
    if (found.train, found.test) != (train, test):
        raise SystemExit(
            f"{path} holds results of {found.train} training and {found.test} test items, not of {train} and {test}. "
            "Ask for those sizes, or start anew without --resume: --anew replaces them."
        )
    return replace(found, commit=commit, environments={**found.environments, **environments})


def only(outcomes: Sequence[Outcome], set: str, contestant: str) -> dict[int, Outcome]:
    """Outcomes of ``contestant`` on ``set`` by seed."""
    return {each.seed: each for each in outcomes if (each.set, each.contestant) == (set, contestant)}
