"""``headstart check``: is the data fit to learn from?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from typer import Exit, Option

from headstart.cli import _options
from headstart.cli._terminal import document, err, show, working
from headstart.core.dataset import NOUNS
from headstart.core.errors import UserError
from headstart.core.words import counted
from headstart.report import _wording

if TYPE_CHECKING:
    from rich.console import RenderableType

    from headstart.core.dataset import Dataset, Issue, Modality
    from headstart.core.domain_card import DomainCard, DomainComparison

Target = Annotated[
    str | None,
    Option(
        "--target",
        metavar="DATA",
        help="Items that a model is meant for, without labels: a folder of files or a table. Are they like those to "
        "learn from? A pretrained model is used for it.",
    ),
]
Model = Annotated[
    str | None,
    Option("--model", metavar="NAME", help="The model that --target is looked at with.  (default: the most promising)"),
]

BAR = 30
SHOWN_ITEMS = 5
SEVERITIES = {"error": "red", "warning": "yellow", "note": "cyan"}


def check(
    data: _options.Data,
    test: _options.Test = None,
    target: Target = None,
    input: _options.Input = None,
    label: _options.Label = None,
    group: _options.Group = None,
    domain: _options.Domain = None,
    model: Model = None,
    seed: _options.Seed = 0,
    json: _options.Json = False,
) -> None:
    """Read the data and say what is in them and what is wrong with them.

    Names unreadable files, duplicates (also those that are labelled differently), leaks between splits and classes
    with too few items. 'headstart adapt' also lists suspicious labels: finding them takes a model.
    With --target, it says whether the items of another place, and of a test split that came with the data, are like
    those to learn from. The exit code is 2 when the data cannot be learnt from.
    """
    if model and not target:
        raise UserError("--model names what --target is looked at with, and there is no target; leave it out.")
    with working(as_json=json) as progress:
        from headstart import api
        from headstart.pool import find

        if model:
            find(model)
        columns = {"input": input, "label": label, "group": group, "domain": domain}
        found = api.load(data, **columns, test=test, seed=seed, progress=progress)
    if not json:
        show(*view(found))
    if target and fit(found):
        _compare(found, target, model or "auto", seed, as_json=json)
    elif json:
        document(audit(found) | {"target": None, "domains": None})
    elif target:
        err().print("The target was not looked at: the data have to be fixed first.")
    if not fit(found):
        raise Exit(2)


def _compare(data: Dataset, target: str, model: str, seed: int, *, as_json: bool) -> None:
    """Show whether the items of the target are like those to learn from. People have seen the audit by then."""
    from headstart import api

    with working(as_json=as_json) as progress:
        items = api.load_unlabelled(target, like=data, progress=progress)
        compared = api.compare_domains(data, items, model=model, seed=seed, progress=progress)
    if as_json:
        read = {"name": items.name, "items": len(items), "issues": items.issues}
        document(audit(data) | {"target": read, "domains": compared})
    else:
        show(*_issues(items.issues), *domains(compared, data.modality))


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


def by_domain(data: Dataset) -> dict[str, dict[str, int]]:
    """As `counts`, by domain; empty where the data name none."""
    from headstart.core.dataset import domain_counts

    train, test = (domain_counts(data, rows) for rows in (data.split.train, data.split.test))
    return {name: {"train": train.get(name, 0), "test": test.get(name, 0)} for name in data.domain_names}


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
        "domain_counts": by_domain(data),
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
    if data.domains is not None:
        shown = [f"{name} {_train_and_test(each)}" for name, each in by_domain(data).items()]
        yield Text(f"Items by domain: {_wording.listed(shown)}.")
    yield _class_table(data)
    yield from _issues(data.issues)
    yield _conclusion(data)
    yield Text("'headstart adapt' also lists suspicious labels: finding them takes a model.", style="dim")


def _issues(issues: Sequence[Issue]) -> Iterator[RenderableType]:
    from rich.text import Text

    for severity, colour in SEVERITIES.items():
        for issue in issues:
            if issue.severity == severity:
                yield Text.assemble((f"{severity:8}", f"bold {colour}"), issue.message)
                if issue.items:
                    yield Text(f"        {_some(issue.items)}", style="dim")


def domains(compared: DomainComparison, modality: Modality) -> Iterator[RenderableType]:
    """What a person sees of the domains that were compared."""
    from rich.rule import Rule
    from rich.text import Text

    from headstart.report import _domain, _pretraining

    found, vocabulary = compared.pretraining, compared.vocabulary
    if found is not None or vocabulary is not None:
        question = "How far are the training items from the model's pretraining?"
        yield Rule(Text(question, style="bold"), align="left")
    if vocabulary is not None:
        yield Text(_pretraining.words(vocabulary))
    if found is not None:
        yield Text(f"{_pretraining.answer(found, modality)} {_pretraining.where(found)}".rstrip())
    for card in compared.cards:
        yield Rule(Text(_domain.question(card), style="bold"), align="left")
        yield Text(_domain.answer(card), style="bold yellow" if card.apart else "bold green")
        for sentence in _domain.follows(card):
            yield Text(sentence)
        if _domain.first_apart(card):
            yield Text(_domain.first_apart(card))
        yield _distances(card)
        if card.apart:
            names = ", ".join(each.id for each in card.farthest)
            yield Text(f"Least like the {card.first}: {names}.", style="dim")
    for note in compared.notes:
        yield Text(note, style="yellow")
    yield Text(f"As {compared.model} sees them, pretrained.", style="dim")


def _distances(card: DomainCard) -> RenderableType:
    from rich.table import Table

    from headstart.report import _domain

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Distance")
    for heading in ("Here", "One domain split at random", "p"):
        table.add_column(heading, justify="right")
    for name, _, value in _domain.distances(card):
        usual = f"{_domain.amount(value.null_mean)}, up to {_domain.amount(value.null_high)}"
        table.add_row(name, _domain.amount(value.value), usual, _domain.p_value(value.p))
    return table


def _split_words(data: Dataset) -> str:
    train, test = len(data.split.train), len(data.split.test)
    if data.split.origin == "none":
        whole = "" if data.domains is None else ", each domain by models that have not learnt from it"
        return f"{train:,} to learn from and no test split (scores will be cross-validated{whole})"
    whose = "given by you" if data.split.origin == "given" else "set apart here"
    whose += " as whole domains" if data.domains is not None and data.split.origin == "made" else ""
    return f"{train:,} to learn from and {test:,} to test on ({whose})"


def _train_and_test(each: Mapping[str, int]) -> str:
    train, test = each["train"], each["test"]
    if not test:
        return f"{train:,}"
    return f"{test:,} to test on" if not train else f"{train:,} to learn from and {test:,} to test on"


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
