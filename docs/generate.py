"""Write the documents that quote the program, or with ``--check`` say which of them no longer agree with it."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import typer.main

from headstart import catalog
from headstart.api import models
from headstart.cli._options import shown
from headstart.cli.app import app
from headstart.core.backbone import BackboneInfo
from headstart.core.dataset import NOUNS
from headstart.core.domain import FeatureMethod
from headstart.core.settings import Setting, settings_of
from headstart.core.strategy import FeatureStrategy
from headstart.core.target_only import TargetMethod
from headstart.core.training import InputStrategy
from headstart.core.two_stream import DeepMethod
from headstart.engine.plan import FEW, PRESETS
from headstart.report.json import schema

FOLDER = Path(__file__).parent
UNITS = {"size": "px", "seconds": "s"}
NOTE = "<!-- Written by docs/generate.py; run `make docs` after a change, do not edit. -->\n"


def cli() -> Iterator[str]:
    """Every command with its arguments and options."""
    yield "# The command line\n"
    yield "Every command takes `--json`: standard output is then exactly one JSON document; progress and messages go to"
    yield "standard error. Exit codes: 0 done, 1 something outside failed, 2 the request or the data are not usable,"
    yield "130 stopped by Ctrl-C. With `--json` a failure is the document"
    yield '`{"error": {"kind", "problems", "exit_code"}}`.\n'
    yield from _command("headstart", typer.main.get_command(app))


def _command(path: str, command: Any) -> Iterator[str]:
    if path != "headstart":
        yield f"## {path}\n"
        yield _prose(command.help)
        yield "```\n" + " ".join([path, *(_usage(each) for each in command.params if each.name != "help")]) + "\n```\n"
        yield from _parameters(command.params)
    for name, inner in sorted(dict(vars(command).get("commands", {})).items()):
        yield from _command(f"{path} {name}", inner)


def _prose(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines()) + "\n"


def _usage(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return parameter.metavar
    flag = parameter.is_flag
    words = parameter.opts[0] if flag else f"{parameter.opts[0]} {_value(parameter)}"
    return words if parameter.required else f"[{words}]"


def _value(parameter: Any) -> str:
    return parameter.metavar or parameter.name.upper()


def _parameters(parameters: Any) -> Iterator[str]:
    yield "| | |\n|---|---|"
    for each in parameters:
        if each.name == "help":
            continue
        plain_default = isinstance(each.default, str | int | Path) and not isinstance(each.default, bool)
        default = f" Default: `{each.default}`." if plain_default else ""
        name = each.metavar if each.param_type_name == "argument" else ", ".join(each.opts)
        yield f"| `{name}` | {_cell(each.help)}{default} |"
    yield ""


def _cell(text: Any) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def _prior(info: BackboneInfo) -> str:
    return f"{100 * info.prior:.1f} ({_cell(info.prior_of)})" if info.prior else "unknown"


def known_models() -> Iterator[str]:
    """Every model known by heart, by kind of data."""
    yield "# Pretrained models\n"
    yield "Known without a network; `headstart models` also shows which are in the local store, `headstart models"
    yield "pull NAME` fetches one and checks it. Besides these, `timm:NAME` (pictures) and"
    yield "`transformers:ORGANISATION/MODEL` (texts, sounds), each perhaps with `@REVISION`, reach the hub. A model"
    yield "of your own is `--model local:FOLDER`: a run folder, a picture model saved by timm, or a model of texts"
    yield "or sounds saved by transformers, of a family in the table of [strategies.md](strategies.md). The folder"
    yield "needs `config.json` and `model.safetensors`; `.pt`, `.bin` and transformers' own picture models are not"
    yield "read. Mind the licence of the weights before you ship a model.\n"
    yield "Several models with a `+` between their names are one: `--model efficientnet_lite0+mobilenet_v2` puts"
    yield "the features of both side by side and costs what both cost. Whether that is better is for your data to"
    yield "say: ranked in a `--pool` beside its parts. Every strategy trains them together. The model folder then"
    yield "holds an ordinary model for each; their logits add up.\n"
    yield "The accuracy elsewhere is a published one, on the benchmark in brackets; only figures of one benchmark"
    yield "can be compared. It decides which models a [budget](budgets.md) measures first, together with their"
    yield "compute where that is short.\n"
    rows = sorted((info for info, _ in models()), key=lambda info: (-info.prior, info.name))
    for modality, noun in NOUNS.items():
        yield f"## For {'sound' if modality == 'audio' else noun}s\n"
        yield "| model | parameters | download | input | accuracy elsewhere | pretrained on | licence |"
        yield "|---|---:|---:|---|---|---|---|"
        for info in rows:
            if info.modality == modality:
                sizes = ", ".join(f"{count} {UNITS.get(unit, unit)}" for unit, count in info.input.items())
                yield (
                    f"| `{info.name}` | {info.parameters / 1e6:.1f} M | {info.bytes / 1e6:.1f} MB | {sizes} "
                    f"| {_prior(info)} | {_cell(info.pretraining)} | {info.licence} |"
                )
        yield ""


def known_strategies() -> Iterator[str]:
    """Every way to adapt, with what it reads."""
    yield "# Strategies\n"
    yield "Ways to adapt a pretrained body to a task. `auto` compares the candidates on the same folds. What few items"
    yield "measure is mostly luck, so a measured lead is drawn towards what the strategy brought on other data, the"
    yield "more, the fewer they are; the cheapest of those expected to come within half a point of the best is taken.\n"
    yield "| strategy | reads | compared by `auto` | expected lead over the probe | what it does |"
    yield "|---|---|---|---|---|"
    for name in catalog.strategies.names():
        member = catalog.strategies.get(name)
        reads = "frozen features" if issubclass(member, FeatureStrategy) else "the items"
        lead = f"{100 * member.lead:g} points" if member.lead else ""
        yield f"| `{name}` | {reads} | {'yes' if member.candidate else 'no'} | {lead} | {_cell(member.summary)} |"
    yield from _settings()
    yield from _supports()


def known_methods() -> Iterator[str]:
    """Every method of domain adaptation."""
    yield "# Ways across\n"
    yield "What `headstart align --method NAME` takes; [aligning.md](aligning.md) says what becomes of them without a"
    yield "name. Those on frozen features give the model another head in seconds. Those on both streams train the body"
    yield "on labelled items and items of the target side by side, as far as `--strategy` says (the last block, if it"
    yield "says nothing); those on the target change how the body normalises. What trains is asked for by name.\n"
    yield "| method | works on | tried without a name | what it does |"
    yield "|---|---|---|---|"
    members = {name: catalog.domains.get(name) for name in catalog.domains.names()}
    kinds = {FeatureMethod: "frozen features", DeepMethod: "both streams", TargetMethod: "the target alone"}
    ordered = [(name, kind) for kind in kinds for name, member in members.items() if issubclass(member, kind)]
    for name, kind in ordered:
        member, works = members[name], kinds[kind]
        yield f"| `{name}` | {works} | {'yes' if member.candidate else 'no'} | {_cell(member.summary)} |"
    yield "\n## Settings\n"
    yield "`--set SETTING=VALUE` changes them, `settings={...}` does in Python. What a method has no setting for is one"
    yield "of the strategy ([strategies.md](strategies.md)).\n"
    yield "| method | setting | default | takes | what it does |"
    yield "|---|---|---:|---|---|"
    for name, member in members.items():
        for setting in settings_of(member()):
            yield f"| `{name}` | `{setting.name}` | {_setting(setting)} |"
    yield "\n## Judged by\n"
    yield "Validators tell ways apart without labels of the target. None knows the truth.\n"
    yield "| validator | what it measures |"
    yield "|---|---|"
    for name in catalog.validators.names():
        yield f"| `{name}` | {_cell(catalog.validators.get(name).summary)} |"


def _settings() -> Iterator[str]:
    """The hyper-parameters, those of a schedule once."""
    members = {name: catalog.strategies.get(name)() for name in catalog.strategies.names()}
    schedules = {name: member.schedule for name, member in members.items() if isinstance(member, InputStrategy)}
    yield "\n## Settings\n"
    yield "`headstart adapt --strategy NAME --set SETTING=VALUE` changes them, `settings={...}` does in Python.\n"
    yield "| strategy | setting | default | takes | what it does |"
    yield "|---|---|---:|---|---|"
    for name, member in members.items():
        shared = {setting.name for setting in settings_of(schedules[name])} if name in schedules else set()
        for setting in settings_of(member):
            if setting.name not in shared:
                yield f"| `{name}` | `{setting.name}` | {_setting(setting)} |"
    yield "\nThose that train on the items also have these. Where several defaults are listed, strategies differ;"
    yield "`headstart strategies NAME` shows those of one.\n"
    yield "| setting | default | takes | what it does |"
    yield "|---|---:|---|---|"
    for number, setting in enumerate(settings_of(schedules["lp_ft"])):
        defaults = sorted({settings_of(schedule)[number].default for schedule in schedules.values()})
        yield f"| `{setting.name}` | {_setting(setting, ', '.join(map(shown, defaults)))} |"


def _setting(setting: Setting, default: str = "") -> str:
    return f"{default or shown(setting.default)} | {setting.expected} | {_cell(setting.says)}"


def _supports() -> Iterator[str]:
    """What every strategy says of one model of each family known by heart."""
    families = {info.family: info for info, _ in sorted(models(), key=lambda each: each[0].name)}
    ordered = sorted(families.values(), key=lambda info: (list(NOUNS).index(info.modality), info.family))
    task = catalog.tasks.get("classification")(classes=("one", "other"))
    reasons: list[str] = []
    yield "\n## What supports what\n"
    yield "Asked of one model of each family that is known by heart, before anything is downloaded.\n"
    yield f"| strategy | {' | '.join(info.family.replace('_', ' ') for info in ordered)} |"
    yield "|---|" + ":-:|" * len(ordered)
    for name in catalog.strategies.names():
        cells = []
        for info in ordered:
            reason = catalog.strategies.get(name)().supports(info, task)
            if reason is not None:
                reason = reason.replace(info.name, "the model")
                reasons += [] if reason in reasons else [reason]
            cells.append("yes" if reason is None else f"no ({reasons.index(reason) + 1})")
        yield f"| `{name}` | {' | '.join(cells)} |"
    yield ""
    yield from (f"{number}. {reason[:1].upper()}{reason[1:]}" for number, reason in enumerate(reasons, 1))


def budgets() -> Iterator[str]:
    """What every preset does."""
    yield "# Budgets\n"
    yield "`--budget` says how much work a run may be, `standard` if it is not given. A pass is one forward pass over"
    yield "the training items."
    *most, last = (f"{count:,} {NOUNS[modality]}s" for modality, count in FEW.items())
    few = f"{', '.join(most)} or {last}"
    yield f"Where there are few of them, the passes that a preset has for training read {few} in all.\n"
    yield "| budget | models measured | of which strategies are tried on | larger pictures | passes for training |"
    yield "|---|---:|---:|---|---:|"
    for name, plan in PRESETS.items():
        larger, passes = ("yes" if plan.enlarged else "no"), (f"{plan.passes:,.0f} or more" if plan.passes else "none")
        yield f"| `{name}` | {_most(plan.ranked)} | {_most(plan.taken)} | {larger} | {passes} |"
    yield "\n| budget | cross-validation | passes for the control from scratch | draws of the learning curve |"
    yield "|---|---|---:|---:|"
    for name, plan in PRESETS.items():
        scratch = f"{plan.scratch_passes:,.0f} or more" if plan.scratch_passes else "none: it is not run"
        yield f"| `{name}` | {plan.folds} folds, {plan.repeats} times | {scratch} | {plan.curve_draws} |"
    yield "\nA duration (`90s`, `5m`, `1h30m`) buys the largest of these whose training fits into half of it, by the"
    yield "speed of a model measured here at the start; the rest is for everything else. It is what the work is cut to,"
    yield "and no deadline: a run that takes longer than foreseen is not stopped. A strategy that is named with"
    yield "`--strategy` is trained under any budget.\n"


def _most(count: int) -> str:
    return "1" if count == 1 else f"up to {count}"


def results() -> Iterator[str]:
    """Every key of results.json, from its schema."""
    document = schema()
    yield "# results.json\n"
    yield "Every number of the report, for machines. The JSON Schema ships with the package as"
    yield "`headstart/report/schema.json`; its number changes whenever a reader would have to.\n"
    yield _table(document)
    for name, part in sorted(document.get("$defs", {}).items()):
        yield f"## {name}\n"
        if "description" in part:
            yield _cell(part["description"]) + "\n"
        yield _table(part)


def _table(part: dict[str, Any]) -> str:
    lines = ["| key | type | meaning |", "|---|---|---|"]
    for key, value in part.get("properties", {}).items():
        lines.append(f"| `{key}` | {_type(value)} | {_cell(value.get('description', ''))} |")
    return "\n".join(lines) + "\n"


def _type(value: dict[str, Any]) -> str:
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return " or ".join(f"`{each}`" for each in value["enum"])
    for union in ("anyOf", "oneOf"):
        if union in value:
            return " or ".join(_type(each) for each in value[union])
    kind = value.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array" and isinstance(value.get("items"), dict):
        return f"list of {_type(value['items'])}"
    if kind == "object" and isinstance(value.get("additionalProperties"), dict):
        return f"object of {_type(value['additionalProperties'])}"
    return kind


PAGES = {
    "cli.md": cli,
    "methods.md": known_methods,
    "models.md": known_models,
    "strategies.md": known_strategies,
    "budgets.md": budgets,
    "results.md": results,
}


def render(page: str) -> str:
    """The whole text of one document."""
    return NOTE + "\n".join(PAGES[page]()).rstrip("\n") + "\n"


def stale(folder: Path) -> list[str]:
    """The documents in ``folder`` that are missing or differ from what the program says now."""
    return [
        page
        for page in PAGES
        if not (folder / page).is_file() or (folder / page).read_text(encoding="utf-8") != render(page)
    ]


def main(arguments: list[str]) -> int:
    """Write or check; returns the exit code. The store is an empty one meanwhile, so that every machine agrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a document is stale")
    check = parser.parse_args(arguments).check
    with tempfile.TemporaryDirectory() as empty, patch.dict(os.environ, HEADSTART_HOME=empty):
        return _check() if check else _write()


def _write() -> int:
    for page in PAGES:
        (FOLDER / page).write_text(render(page), encoding="utf-8")
    return 0


def _check() -> int:
    outdated = stale(FOLDER)
    if outdated:
        sys.stderr.write(f"Stale: {', '.join(f'docs/{page}' for page in outdated)}; run 'make docs' and commit.\n")
    return 1 if outdated else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
