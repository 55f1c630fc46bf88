import dataclasses
import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from headstart.report.summary import WIDTH, summary
from tests.report import cards, sample

RUN = Path("runs/x")


def printed(results, **options):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=options.pop("encoding", "utf-8"), newline="\n")
    Console(file=stream, highlight=False, **options).print(summary(results, RUN))
    stream.seek(0)
    return stream.read()


def summary_text(results, run=None, width=WIDTH):
    """Plain text without colours."""
    console = Console(file=io.StringIO(), width=width, no_color=True, highlight=False, force_terminal=False)
    with console.capture() as shown:
        console.print(summary(results, run))
    return shown.get()


def flat(text):
    return re.sub(r"[\s│]+", " ", text)


@pytest.mark.parametrize("case", [sample.solar, sample.tweets, sample.many_classes, sample.bare_minimum])
@pytest.mark.parametrize("width", [60, 80, 200])
def test_it_fits_eighty_columns_and_narrower_ones(case, width):
    lines = summary_text(case(), RUN, width=width).splitlines()
    assert max(len(line) for line in lines) <= min(width, 80)
    assert not any("\x1b" in line for line in lines)


def test_it_says_verdict_score_model_controls_warnings_and_what_is_next(solar):
    text = flat(summary_text(solar, RUN))
    parts = [
        "Transfer helped",
        solar.headline,
        "this transfer ━",
        "simple baseline ━",
        "+12.4 (+8.7 to +16.1)",
        "Score 81.8% (79.1 to 84.5), 800 images of the test split",
        "Model efficientnet_lite2 at 260 px, 4.87 million parameters, Apache-2.0",
        "Strategy linear_probe, 1 forward pass to adapt; measured −0.6 points against lp_ft",
        "Licence data are CC-BY-NC-SA-4.0: no commercial use",
        "! 1 file could not be read",
        "Not tried: full",
        "Report runs/x/report.html",
        "Next headstart predict runs/x FILE...",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "classes are weighted" not in text


def test_the_best_as_measured_is_compared_with_nothing(solar):
    best = tuple(dataclasses.replace(row, chosen=row.strategy == "lp_ft") for row in solar.candidates)
    assert "31 forward passes to adapt; " not in flat(summary_text(dataclasses.replace(solar, candidates=best)))
    assert "31 forward passes to adapt" in flat(summary_text(dataclasses.replace(solar, candidates=best)))


def test_bars_are_as_long_as_the_scores_and_the_best_comes_first(solar):
    rows = re.findall(r"(\w[\w ]+?) +(━+)(─+) +([\d.]+)%", summary_text(solar))
    assert [row[0] for row in rows] == ["this transfer", "simple baseline", "random trunk", "from scratch"]
    for _, filled, rest, value in rows:
        assert len(filled) == round(float(value) / 100 * len(filled + rest))


def test_a_baseline_that_wins_leads(tweets):
    text = flat(summary_text(tweets, RUN))
    assert text.index("A control is better") < text.index("The model folder holds the simple baseline (TF-IDF")
    assert text.index("simple baseline ━") < text.index("this transfer ━")
    assert "Score 64.5% (60.9 to 68.1), 764 texts by cross-validation" in text
    assert 'headstart predict runs/x "a text"' in text
    assert "from scratch ━" not in text
    assert "Model the simple baseline (TF-IDF + logistic regression) Time" in text  # no model or strategy beside it
    weights = dataclasses.replace(tweets.model, licence="CC-BY-NC-4.0")
    for served, said in (("simple", False), ("transfer", True)):
        given = dataclasses.replace(tweets, model=weights, served=served)
        assert ("no commercial use" in flat(summary_text(given, RUN))) is said


def test_without_a_run_folder_nothing_is_said_about_files(solar):
    text = summary_text(solar)
    assert "report.html" not in text
    assert "headstart predict" not in text


def test_what_is_too_much_is_counted(solar):
    issues = tuple(dataclasses.replace(solar.data.issues[0], message=f"Finding {row}.") for row in range(9))
    errors = (dataclasses.replace(issues[0], message="A leak.", severity="error"),)
    data = dataclasses.replace(solar.data, issues=issues + errors)
    text = summary_text(dataclasses.replace(solar, data=data, skipped=tuple(f"Step {row}." for row in range(5))))
    assert text.index("x A leak.") < text.index("! Finding 0.")
    assert "Finding 3." not in text
    assert "and 6 more findings in the report" in text
    assert "Step 3." in text
    assert "and 1 more thing left out in the report" in text


def test_a_terminal_gets_colours_and_a_pipe_does_not(solar):
    assert "\x1b[" in printed(solar, force_terminal=True, color_system="standard", width=80)
    assert "\x1b[" not in printed(solar, force_terminal=False, width=80)


def test_a_terminal_with_plain_letters_only_gets_plain_letters(tweets):
    text = printed(tweets, encoding="ascii", width=80)
    assert text.isascii()
    assert "-4.6 (-7.7 to -1.5)" in text
    assert "this transfer" in text


def test_square_brackets_are_text_not_style(solar):
    odd = dataclasses.replace(solar, headline="[red]a[/red] [/b]", strategy="[x]", skipped=("[blink]late[/]",))
    text = summary_text(odd, Path("runs/[bold]"))
    for part in ("[red]a[/red] [/b]", "[x]", "[blink]late[/]", "runs/[bold]/model"):
        assert part in text


def test_labels_that_look_wrong_are_shown_though_they_are_a_remark_only(solar):
    issue = dataclasses.replace(solar.data.issues[0], severity="note", message="2 labels look wrong.")
    shown = dataclasses.replace(issue, code="suspicious_labels")
    for each, expected in ((issue, False), (shown, True)):
        given = dataclasses.replace(solar, data=dataclasses.replace(solar.data, issues=(each,)))
        assert ("? 2 labels look wrong." in summary_text(given)) is expected


def test_an_interval_that_is_of_no_row_is_explained(solar):
    assert "whichever that truly is" not in summary_text(solar)
    wider = dataclasses.replace(solar, verdict=dataclasses.replace(solar.verdict, low=0.05))
    said = "Against the best control, whichever that truly is: +12.4 points (+5.0 to +16.1)."
    assert said in flat(summary_text(wider))


def test_another_domain_comes_before_all_other_warnings():
    def told(*found) -> str:
        return summary_text(dataclasses.replace(sample.solar(), domains=found))

    assert "of another domain" not in told(cards.same(), cards.other_frequencies())
    lines = told(cards.other_site()).splitlines()
    first = next(line for line in lines if line.startswith(("! ", "? ", "- ")))
    assert first.startswith("! The test items are of another domain than the training items")


def test_the_worst_and_the_best_domain_are_named(tweets):
    assert "the transfer's worst is 'Freiburg' 71.0%" in flat(summary_text(sample.by_domain(tweets)))
    assert "domain" not in summary_text(tweets)
