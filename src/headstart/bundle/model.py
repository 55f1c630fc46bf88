"""The model folder: an ordinary transformers folder plus ``headstart.json``, or a simple baseline's files.

``headstart.json`` says what serves (``transfer`` or a baseline), for which modality, with which classes and which
temperature. The temperature is already folded into the exported head; it is kept for the record.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from headstart.bundle.domain import write_reference
from headstart.core.backbone import Backbone, LinearHead
from headstart.core.baseline import Baseline
from headstart.core.dataset import Modality
from headstart.core.domain_reference import DomainReference, Kept
from headstart.core.errors import Unavailable, UserError

SCHEMA = 1
CARD = "headstart.json"


@dataclass(frozen=True, kw_only=True)
class Card:
    """What ``headstart.json`` holds. ``serves`` is ``transfer`` or the name of the baseline.

    ``trained_from`` names the pretrained model of a transfer, ``arithmetic`` notes how its body was run where the head
    was fitted (`Arithmetic.note`); both are empty, and ``temperature`` is 1, for a baseline. ``column`` held the items
    in the table that was learnt from; it is empty where they were files. ``domain`` says of what items there is a
    domain reference beside it, empty where there is none.
    """

    serves: str
    modality: Modality
    task: str
    classes: tuple[str, ...]
    temperature: float
    trained_from: Mapping[str, str]
    arithmetic: Mapping[str, Any]
    column: str = ""
    domain: Kept | Literal[""] = ""


def write_transfer(
    folder: Path, backbone: Backbone, head: LinearHead, card: Card, reference: DomainReference | None = None
) -> None:
    """Export body and head (temperature folded in) in float32, and beside them the card and the domain reference."""
    folder.mkdir(parents=True, exist_ok=True)
    backbone.export(folder, head, card.classes)
    if reference is not None:
        write_reference(folder, reference)
        card = replace(card, domain=reference.of)
    _write_card(folder, card)
    _share(folder)


def write_baseline(folder: Path, baseline: Baseline, card: Card) -> None:
    """Save the baseline that beat the transfer, and the card beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    baseline.save(folder)
    _write_card(folder, card)
    _share(folder)


def located(folder: Path) -> tuple[Path, Card]:
    """The model folder of a run folder, or ``folder`` itself if it is one, and its card. The model is not read.

    Raises:
        UserError: there is no such folder, or it holds no model.
        Unavailable: the card is missing or damaged.
    """
    if not folder.is_dir():
        raise UserError(
            f"There is no folder '{folder}'. Give a run folder, as `headstart adapt` or `headstart align` writes one."
        )
    inner = folder / "model"
    if not inner.is_dir() and not (folder / CARD).exists():
        raise UserError(f"'{folder}' holds no model. If its run was interrupted, run the same command again to resume.")
    inner = inner if inner.is_dir() else folder
    return inner, read_card(inner)


def read_card(folder: Path) -> Card:
    """The card of a model folder.

    Raises:
        Unavailable: the card is missing or damaged, or was written by a newer headstart.
    """
    path = folder / CARD
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Unavailable(f"'{folder}' is not a headstart model folder: it has no {CARD}.") from error
    except OSError as error:
        raise Unavailable(f"'{path}' cannot be read ({error.strerror or error}); check its permissions.") from error
    except ValueError as error:
        raise _damaged(path, f"it is not JSON ({error})") from error
    if not isinstance(values, dict):
        raise _damaged(path, "it holds no JSON object")
    schema = values.get("schema")
    if schema != SCHEMA:
        raise Unavailable(
            f"'{path}' has schema {schema!r}, this headstart reads schema {SCHEMA}. "
            "Install the headstart that wrote it."
        )
    values = {"column": Card.column, "domain": Card.domain, **values}
    wrong = [
        f"'{name}' should be {expected}" for name, (expected, fits) in _FIELDS.items() if not fits(values.get(name))
    ]
    if wrong:
        raise _damaged(path, "; ".join(wrong))
    found: dict[str, Any] = {name: values[name] for name in _FIELDS}
    found["classes"] = tuple(found["classes"])
    return Card(**found)


def _texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


_NOTED = {"dtype": str, "exact_blocks": int, "threads": int, "batch": int, "channels_last": bool}


def _noted(note: Mapping[str, Any]) -> bool:
    same = {name: type(value) for name, value in note.items()} == _NOTED
    return not note or (same and note["dtype"] in ("float32", "bfloat16", "float16"))


_FIELDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "serves": ("a text", lambda value: isinstance(value, str)),
    "modality": (f"one of {', '.join(get_args(Modality))}", lambda value: value in get_args(Modality)),
    "task": ("a text", lambda value: isinstance(value, str)),
    "classes": ("a list of texts", lambda value: isinstance(value, list) and len(value) > 0 and _texts(value)),
    "temperature": ("a number", lambda value: isinstance(value, float | int) and not isinstance(value, bool)),
    "trained_from": ("an object of texts", lambda value: isinstance(value, dict) and _texts(value.values())),
    "arithmetic": ("empty or what `Arithmetic.note` gives", lambda value: isinstance(value, dict) and _noted(value)),
    "column": ("a text", lambda value: isinstance(value, str)),
    "domain": (f"empty or one of {', '.join(get_args(Kept))}", lambda value: value in ("", *get_args(Kept))),
}
"""What each field of a card has to be, in words and as a check."""


def _damaged(path: Path, reason: str) -> Unavailable:
    return Unavailable(f"'{path}' is damaged: {reason}. Run the command that made the run again to rebuild it.")


def _share(folder: Path) -> None:
    """Let everybody read all files who may read the card: safetensors are written for their owner alone."""
    mode = (folder / CARD).stat().st_mode
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(mode)


def _write_card(folder: Path, card: Card) -> None:
    values = {
        "schema": SCHEMA,
        "serves": card.serves,
        "modality": card.modality,
        "task": card.task,
        "classes": list(card.classes),
        "temperature": card.temperature,
        "trained_from": dict(card.trained_from),
        "arithmetic": dict(card.arithmetic),
        "column": card.column,
        "domain": card.domain,
    }
    (folder / CARD).write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
