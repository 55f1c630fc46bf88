import re
from pathlib import Path

import typer.main

from bench.__main__ import measurements
from docs import generate, picture
from headstart.cli.app import app
from headstart.report.json import write_results
from tests.report.sample import solar


def test_a_document_that_was_changed_or_is_missing_is_stale(tmp_path):
    assert generate.stale(tmp_path) == list(generate.PAGES)
    for page in generate.PAGES:
        (tmp_path / page).write_text(generate.render(page), encoding="utf-8")
    assert generate.stale(tmp_path) == []
    (tmp_path / "cli.md").write_text(generate.render("cli.md") + "edited\n", encoding="utf-8")
    assert generate.stale(tmp_path) == ["cli.md"]


def test_check_names_what_is_stale_and_write_mends_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    assert generate.main(["--check"]) == 1
    assert "docs/strategies.md" in capsys.readouterr().err
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


def test_every_command_and_option_is_in_the_page():
    page = generate.render("cli.md")
    commands = dict(vars(typer.main.get_command(app))["commands"])
    for name, command in commands.items():
        assert f"## headstart {name}\n" in page
        for parameter in command.params:
            assert parameter.name == "help" or (parameter.metavar or parameter.opts[0]) in page


def test_the_picture_shows_the_summary_of_a_run(tmp_path):
    run = tmp_path / "solar_cells"
    run.mkdir()
    write_results(solar(), run)
    drawn = picture.draw(run)
    assert drawn.startswith("<svg")
    assert "headstart&#160;report&#160;runs/solar_cells" in drawn or "headstart report runs/solar_cells" in drawn
    assert "Balanced" in drawn
    assert str(tmp_path) not in drawn


def test_a_folder_without_results_gives_no_picture(tmp_path, capsys):
    assert picture.main([str(tmp_path)]) == 2
    assert "holds no results.json" in capsys.readouterr().err
    assert picture.main([]) == 2


def test_every_measurement_has_one_row_in_the_page_of_the_bench():
    page = (Path(__file__).parent.parent / "bench" / "README.md").read_text(encoding="utf-8")
    table = page.partition("| name | what it measures |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(measurements())
