"""The program ``headstart``: its commands, and the one place where failures become sentences and exit codes."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from typing import Annotated

from typer import Context, Exit, Option, Typer, echo

from headstart import __version__
from headstart.cli import _errors, adapt, align, check, demo, methods, models, predict, rank, report, strategies

app = Typer(
    name="headstart",
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def start(
    context: Context,
    version: Annotated[bool, Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    """Transfer learning from a few hundred labels: the best adapted model, and the evidence that it is the best."""
    if version:
        echo(f"headstart {__version__}")
        raise Exit
    if context.invoked_subcommand is None:
        echo(context.get_help())


app.command("check")(check.check)
app.command("rank")(rank.rank)
app.command("adapt")(adapt.adapt)
app.command("align")(align.align)
app.command("predict")(predict.predict)
app.command("report")(report.report)
app.add_typer(models.app, name="models")
app.command("strategies")(strategies.strategies)
app.command("methods")(methods.methods)
app.command("demo")(demo.demo)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 done, 1 failed, 2 the request or the data are not usable."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _hush_libraries()
    try:
        with warnings.catch_warnings():
            if not sys.warnoptions:
                warnings.simplefilter("ignore")
            code = app(words, prog_name="headstart", standalone_mode=False) or 0
        sys.stdout.flush()
        if code != _errors.INTERRUPTED_EXIT:
            return code
        failure = _errors.explain(KeyboardInterrupt(), words)
    except SystemExit as ended:
        # Typer and rich both turn a closed pipe into a bare SystemExit of their own.
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        failure = _errors.explain(ended.__context__, words)
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - the outermost frame: nothing is above to tell
        failure = _errors.explain(error, words)
    return _fail(failure, as_json="--json" in words)


def _fail(failure: _errors.Failure, *, as_json: bool) -> int:
    try:
        _errors.report(failure, as_json=as_json)
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes once more on its way out; there must be something left to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return failure.exit_code


def _hush_libraries() -> None:
    """Progress bars and advice of the libraries beneath would tear our own; a user's own setting is kept."""
    for name, value in {
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "TOKENIZERS_PARALLELISM": "false",
    }.items():
        os.environ.setdefault(name, value)
