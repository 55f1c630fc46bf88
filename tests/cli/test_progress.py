import io

import pytest
from rich.console import Console

from headstart.cli._progress import Bars, Lines, amount


@pytest.mark.parametrize(
    ("done", "total", "text"),
    [(0, None, ""), (12, None, "12"), (40, 400, "40 of 400"), (12_300_000, 90_800_000, "12.3 MB of 90.8 MB")],
)
def test_amounts_are_counts_or_bytes(done, total, text):
    assert amount(done, total) == text


def test_a_log_gets_a_line_when_an_outermost_stage_begins_and_ends():
    stream = io.StringIO()
    lines = Lines(stream)
    with lines.stage("features", total=2) as outer:
        with lines.stage("Fold 1") as inner:
            inner.advance()
        outer.advance(2)
    first, last = stream.getvalue().splitlines()
    assert first == "Features ..."
    assert last.startswith("Features: done in ")


def test_a_log_hears_of_slow_stages_now_and_then():
    stream = io.StringIO()
    with Lines(stream, patience_s=0.0).stage("Features", total=3) as stage:
        stage.advance(2)
    assert "Features: 2 of 3" in stream.getvalue()


def test_a_stage_that_fails_is_not_called_done():
    stream = io.StringIO()
    lines = Lines(stream)
    with pytest.raises(RuntimeError, match="torn"), lines.stage("Features"):
        raise RuntimeError("torn")
    assert "done" not in stream.getvalue()
    with lines.stage("Again"):
        pass
    assert "Again ..." in stream.getvalue()


def bars_on_a_terminal() -> tuple[Bars, io.StringIO]:
    stream = io.StringIO()
    return Bars(
        Console(file=stream, force_terminal=True, width=90, color_system=None, _environ={"TERM": "xterm"})
    ), stream


def test_bars_leave_one_line_per_outermost_stage():
    bars, stream = bars_on_a_terminal()
    with bars, bars.stage("Features [bold]", total=4) as outer:
        outer.advance(3)
        with bars.stage("Fold 1", total=1) as inner:
            inner.advance()
    text = stream.getvalue()
    assert text.count("✓") == 1
    assert "✓ Features [bold]" in text


def test_bars_show_sentences_and_survive_failures():
    bars, stream = bars_on_a_terminal()
    bars.say("Two files were left out.")
    with pytest.raises(RuntimeError, match="torn"), bars, bars.stage("Features"):
        raise RuntimeError("torn")
    assert "Two files were left out." in stream.getvalue()
    assert "✓" not in stream.getvalue()
