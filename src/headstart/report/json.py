"""Results on disk: ``results.json`` in the run folder, described for other languages by ``schema.json``."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from headstart.core.errors import HeadstartError, Unavailable, UserError, closest
from headstart.core.results import SCHEMA, Results
from headstart.report._codec import decode, encode
from headstart.report._files import write_text

FILE = "results.json"


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of ``results.json``."""
    return json.loads(files("headstart.report").joinpath("schema.json").read_text(encoding="utf-8"))


def document(results: Results) -> dict[str, Any]:
    """The JSON document of a run; holds no NaN and no infinity.

    Raises:
        HeadstartError: a number is not finite where one is required, or a record holds a value of a wrong type.
    """
    problems: list[str] = []
    plain = encode(results, Results, "results", problems)
    if problems:
        raise HeadstartError(f"The results cannot be written as {FILE}: {_listed(problems)}.")
    return plain


def write_results(results: Results, folder: Path) -> Path:
    """Write ``folder/results.json`` in one step (an interrupted write leaves the earlier file) and return its path.

    Raises:
        HeadstartError: see `document`; nothing is written.
        Unavailable: the folder cannot be written to.
    """
    text = json.dumps(document(results), indent=1, ensure_ascii=False, allow_nan=False)
    return write_text(Path(folder) / FILE, text + "\n")


def read_results(folder: Path) -> Results:
    """What `write_results` wrote, checked key by key.

    Raises:
        UserError: ``folder`` holds no results, or results of another schema number.
        Unavailable: the file is damaged; the message says where.
    """
    folder = Path(folder)
    path = folder / FILE
    if folder.is_file():
        meant = f" Did you mean '{folder.parent}'?" if (folder.parent / FILE).is_file() else ""
        raise UserError(f"'{folder}' is a file; expected a run folder.{meant}")
    if not folder.exists():
        raise UserError(f"There is no folder '{folder}'; expected a run folder.{_meant(folder)}")
    if not path.is_file():
        raise UserError(
            f"'{folder}' holds no {FILE}; expected a run folder, as 'headstart adapt' or 'headstart align' writes one."
        )
    found = _parse(path)
    number = found.get("schema")
    if number != SCHEMA:
        advice = "upgrade headstart to read it" if isinstance(number, int) and number > SCHEMA else "run it again"
        raise UserError(f"'{path}' has schema {number!r}, but this headstart reads schema {SCHEMA}; {advice}.")
    problems: list[str] = []
    results = decode(found, Results, "results", problems)
    if not problems:
        problems = _inconsistencies(results)
    if problems:
        raise _damaged(path, _listed(problems))
    return results


def _meant(folder: Path) -> str:
    """The run folder beside ``folder``, which is not there, whose name is most like it."""
    try:
        runs = [each.name for each in folder.parent.iterdir() if (each / FILE).is_file()]
    except OSError:
        runs = []
    close = closest(folder.name, runs)
    return "" if close is None else f" Did you mean '{folder.parent / close}'?"


def _parse(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except OSError as error:
        raise Unavailable(f"'{path}' cannot be read ({error.strerror or error}); check its permissions.") from error
    except ValueError as error:
        raise _damaged(path, f"it is not a JSON document ({error})") from error
    if not isinstance(found, dict):
        raise _damaged(path, "it holds no JSON object")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")


def _inconsistencies(results: Results) -> list[str]:
    """Places where the parts of a well-typed document contradict each other; the page indexes classes by number."""
    count = len(results.data.classes)
    problems = []
    if [len(row) for row in results.confusion] != [count] * count:
        problems.append(f"results.confusion should have {count} rows of {count} numbers, one per class")
    if any(not (0 <= point.truth < count and 0 <= point.predicted < count) for point in results.map):
        problems.append(f"results.map names a class outside 0 to {count - 1}")
    if results.primary not in results.scores:
        problems.append(f"results.scores lacks the primary metric '{results.primary}'")
    return problems


def _damaged(path: Path, reason: str) -> Unavailable:
    return Unavailable(
        f"'{path}' is damaged: {reason}; restore it from a copy or run the command that made the run again."
    )


def _listed(problems: list[str], most: int = 3) -> str:
    more = len(problems) - most
    return "; ".join(problems[:most]) + (f"; and {more} more" if more > 0 else "")
