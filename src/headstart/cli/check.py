"""``headstart check``: is the data fit to learn from?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from typer import Exit

from headstart.cli import _options
from headstart.cli._terminal import document, show, working
from headstart.core.dataset import NOUNS
from headstart.core.words import counted

if TYPE_CHECKING:
    from rich.console import RenderableType

    from headstart.core.dataset import Dataset

BAR = 30
SHOWN_ITEMS = 5
SEVERITIES = {"error": "red", "warning": "yellow", "note": "cyan"}


def check(
    data: _options.Data,
    test: _options.Test = None,
    input: _options.Input = None,
    label: _options.Label = None,
    group: _options.Group = None,
    seed: _options.Seed = 0,
    json: _options.Json = False,
) -> None:
    """Read the data and say what is in them and what is wrong with them.

    Names unreadable files, duplicates (also those that are labelled differently), leaks between splits and classes
    with too few items. 'headstart adapt' also lists suspicious labels: finding them takes a model.
    The exit code is 2 when the data cannot be learnt from.
    """
    with working(as_json=json) as progress:
        from headstart import api

        found = api.load(data, input=input, label=label, group=group, test=test, seed=seed, progress=progress)
    if json:
        document(audit(found))
    else:
        show(*view(found))
    if not fit(found):
        raise Exit(2)


def fit(data: Dataset) -> bool:
    """Whether the audit found nothing that forbids learning."""
    return all(issue.severity != "error" for issue in data.issues)


def counts(data: Dataset) -> dict[str, dict[str, int]]:
    """Items per class by name, ``{"train": n, "test": n}`` each."""
    import numpy as np

    targets = data.targets
    train = np.bincount(targets[data.split.train], minlength=len(data.classes))
    test = np.bincount(targets[data.split.test], minlength=len(data.classes))
    return {name: {"train": int(train[k]), "test": int(test[k])} for k, name in enumerate(data.classes)}


def audit(data: Dataset) -> dict[str, Any]:
    """The JSON document of this command."""
    return {
        "name": data.name,
        "modality": data.modality,
        "items": len(data),
        "fingerprint": data.fingerprint,
        "roles": data.roles,
        "split": {"origin": data.split.origin, "train": len(data.split.train), "test": len(data.split.test)},
        "classes": counts(data),
        "fit": fit(data),
        "issues": data.issues,
    }


def view(data: Dataset) -> Iterator[RenderableType]:
    """What a person sees."""
    from rich.rule import Rule
    from rich.text import Text

    yield Rule(Text(data.name, style="bold"), align="left")
    classes = counted(len(data.classes), "class", "classes")
    yield Text(f"{counted(len(data), NOUNS[data.modality])} in {classes}, {_split_words(data)}.")
    if data.roles:
        yield Text("Columns: " + ", ".join(f"{role} = {column}" for role, column in data.roles.items()), style="dim")
    yield _class_table(data)
    for severity, colour in SEVERITIES.items():
        for issue in data.issues:
            if issue.severity == severity:
                yield Text.assemble((f"{severity:8}", f"bold {colour}"), issue.message)
                if issue.items:
                    yield Text(f"        {_some(issue.items)}", style="dim")
    yield _conclusion(data)
    yield Text("'headstart adapt' also lists suspicious labels: finding them takes a model.", style="dim")


def _split_words(data: Dataset) -> str:
    train, test = len(data.split.train), len(data.split.test)
    if data.split.origin == "none":
        return f"{train:,} to learn from and no test split (scores will be cross-validated)"
    whose = "given by you" if data.split.origin == "given" else "set apart here"
    return f"{train:,} to learn from and {test:,} to test on ({whose})"


def _class_table(data: Dataset) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    by_class = counts(data)
    largest = max((each["train"] for each in by_class.values()), default=0)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Class", overflow="fold")
    table.add_column("Train", justify="right")
    table.add_column("Test", justify="right")
    table.add_column("")
    for name, each in by_class.items():
        length = round(BAR * each["train"] / largest) if largest else 0
        bar = Text("█" * length or "▏", style="cyan")
        table.add_row(Text(name), f"{each['train']:,}", f"{each['test']:,}", bar)
    return table


def _some(items: tuple[str, ...]) -> str:
    more = len(items) - SHOWN_ITEMS
    return ", ".join(items[:SHOWN_ITEMS]) + (f" and {more:,} more (--json lists all)" if more > 0 else "")


def _conclusion(data: Dataset) -> RenderableType:
    from rich.text import Text

    if not fit(data):
        return Text("These data cannot be used until the errors above are fixed.", style="bold red")
    if data.issues:
        return Text("Usable, with the warnings above.", style="bold green")
    return Text("Usable; no problems were found.", style="bold green")
