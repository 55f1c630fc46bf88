"""Outcomes of a bench, kept as JSON after each: what is measured is not lost, and not measured again."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
RESULTS = Path(__file__).parent / "results"


class Ledger(Generic[T]):
    """``NAME.json`` with outcomes of dataclass ``kind``, and ``NAME.md`` with the tables that are made of them.

    Raises:
        SystemExit: the file is there, and neither to be gone on with nor to be replaced.
    """

    def __init__(self, kind: type[T], name: str, given: argparse.Namespace) -> None:
        self._path: Path = given.out / f"{name}.json"
        there = self._path.is_file()
        if there and not (given.resume or given.anew):
            raise SystemExit(f"{self._path} holds results already: go on with --resume, or replace them with --anew.")
        known = json.loads(self._path.read_text(encoding="utf-8"))["outcomes"] if there and given.resume else []
        self._outcomes: list[T] = [kind(**each) for each in known]

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """``--out``, and ``--resume`` or ``--anew``, for `Ledger` to read."""
        parser.add_argument("--out", type=Path, default=RESULTS, metavar="FOLDER", help="where results are kept")
        there = parser.add_mutually_exclusive_group()
        there.add_argument("--resume", action="store_true", help="go on with what is there")
        there.add_argument("--anew", action="store_true", help="replace the outcomes that are there")

    def __iter__(self) -> Iterator[T]:
        return iter(self._outcomes)

    def where(self, **known: Any) -> list[T]:
        """Outcomes with these values."""
        return [each for each in self if all(getattr(each, key) == value for key, value in known.items())]

    def add(self, outcomes: Iterable[T]) -> None:
        """Keep these as well; the file is whole at every moment."""
        self._outcomes += outcomes
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        told = {"outcomes": [asdict(each) for each in self]}
        part.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        part.replace(self._path)

    def publish(self, page: str) -> None:
        """Write the tables beside the outcomes, and show them."""
        print(page)
        self._path.with_suffix(".md").write_text(page, encoding="utf-8")
