import dataclasses
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from headstart.report.html import render, write_report
from tests.report import sample

CASES = {
    "solar": sample.solar,
    "tweets": sample.tweets,
    "many": sample.many_classes,
    "minimum": sample.bare_minimum,
}
VOID = {"meta", "img", "wbr", "br", "link"}
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


class Page(HTMLParser):
    """Reads a page strictly: every element is closed where it should be."""

    def __init__(self, text):
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs), f"<{tag}> repeats an attribute"
        self.elements.append((tag, dict(attrs), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), tuple(self.open)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    def of(self, tag):
        return [attributes for name, attributes, _ in self.elements if name == tag]

    @property
    def text(self):
        return re.sub(r"\s+", " ", "".join(self.words).replace("\N{NO-BREAK SPACE}", " "))


@pytest.fixture(scope="module", params=CASES)
def page(request) -> Page:
    return Page(render(CASES[request.param](), run="runs/x", recipe="seed = 0\n"))


def test_it_is_one_self_contained_document(page):
    assert page.of("script") == page.of("link") == page.of("iframe") == []
    for _, attributes, _ in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("src", "href"):
                assert value.startswith(("#", "data:image/"))
    (policy,) = [each["content"] for each in page.of("meta") if each.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_the_style_sheet_fetches_nothing(solar):
    text = render(solar, run="runs/x")
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style


def test_it_can_be_read_without_seeing_it(page):
    for tag, attributes, within in page.elements:
        if tag == "svg":
            assert attributes.get("aria-hidden") == "true" or (attributes["role"] == "img" and attributes["aria-label"])
        if tag == "img":
            assert attributes["alt"]
        if tag == "th":
            assert attributes["scope"] in ("row", "col")
        assert tag != "table" or "table" not in within
    names = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
    assert len(names) == len(set(names))
    for _, attributes, _ in page.elements:
        for name in ("href", "aria-labelledby"):
            if name in attributes:
                assert attributes[name].lstrip("#") in names
    assert len(page.of("h1")) == 1
    assert page.of("html") == [{"lang": "en"}]


def test_the_verdict_comes_first_and_the_answers_in_order(solar):
    text = Page(render(solar, run="runs/x")).text
    places = [
        text.index(part)
        for part in (
            "Transfer helped",
            solar.headline,
            "81.8%",
            "Is the data fit to learn from?",
            "Which pretrained model?",
            "How much of it should change?",
            "Did the transfer help?",
            "How good is it, honestly?",
            "How to use the model",
            "What the budget left out",
        )
    ]
    assert places == sorted(places)


def test_every_record_is_shown(solar):
    text = Page(render(solar, run="runs/x", recipe='data = "cells/"\n')).text
    shown = [
        *(issue.message for issue in solar.data.issues),
        *("not in the store", "five folds would take about 210 s", "compared", "cells/cell0413.png"),
        *("stratified bootstrap over items", "Wilson", "CC-BY-NC-SA-4.0", "does not allow commercial use"),
        *(row.detail for row in solar.controls.values()),
        *("203", "57", "78", "462", "torch 2.15.0", 'data = "cells/"', solar.learning_curve.note),
        *solar.skipped,
        *(
            "Calibration error",
            "ROC AUC",
            "four times out of five",
            "penalty = 0.031",
            "and 11 more",
            "compare strategies",
        ),
    ]
    for part in shown:
        assert part in text, part


def test_a_baseline_that_wins_is_said_first_and_is_what_the_commands_serve(tweets):
    page = Page(render(tweets, run="runs/tweets"))
    text = page.text
    holds = "The model folder holds the simple baseline (TF-IDF + logistic regression),"
    assert text.index("A control is better") < text.index(holds) < text.index("Is the data fit to learn from?")
    assert text.index("Balanced accuracy of the baseline 64.5%") < text.index("… of the transfer 59.9%")
    assert "What follows describes the transfer from all_minilm_l6_v2, which the baseline beat." in text
    assert "from transformers import pipeline" not in text
    assert "there is nothing for transformers to load" in text
    assert "Not run: the budget 'quick' leaves out training from scratch" in text


def test_how_pictures_were_read_is_said(solar, tweets):
    elsewhere = "transformers decodes every picture in full, which changes probabilities of large JPEGs a little."
    text = Page(render(solar, run="x")).text
    assert "large JPEGs decoded at a reduced scale that leaves 594 px or more of the shorter side" in text
    assert elsewhere in text
    full = dataclasses.replace(solar, model=dataclasses.replace(solar.model, least_side=None))
    text = Page(render(full, run="x")).text
    assert "all decoded in full" in text
    assert elsewhere not in text
    texts = Page(render(tweets, run="x")).text
    assert "decoded" not in texts
    assert elsewhere not in Page(render(dataclasses.replace(solar, served="simple"), run="x")).text


def test_a_control_that_is_not_counted_is_marked(solar):
    scratch = dataclasses.replace(solar.controls["scratch"], scored=160)
    verdict = dataclasses.replace(solar.verdict, apart=("scratch",))
    controls = {**solar.controls, "scratch": scratch}
    text = Page(render(dataclasses.replace(solar, controls=controls, verdict=verdict), run="x")).text
    assert "From scratch not counted" in text
    assert "45 epochs, scored on 160 images" in text
    assert "A control that is not counted was scored on fewer of them" in text
    assert "not counted" not in Page(render(solar, run="x")).text


def test_the_commands_name_the_run_folder_and_survive_odd_names(solar):
    text = Page(render(solar, run='my "runs"/it\'s')).text
    assert 'hs.open("my \\"runs\\"/it\'s")' in text
    assert 'model="my \\"runs\\"/it\'s/model"' in text
    assert "headstart predict 'my \"runs\"/it'\"'\"'s' new.jpg" in text
    assert 'pipeline( "image-classification",' in text


def test_a_sentence_is_not_said_twice(tweets):
    assert Page(render(tweets, run="x")).text.count(tweets.headline) == 1


def test_many_classes_are_listed_instead_of_drawn():
    text = render(sample.many_classes(120), run="runs/x")
    page = Page(text)
    assert 'class="matrix"' not in text
    assert "Most frequent confusions" in page.text
    assert "Hardest classes" in page.text
    assert "108 more classes in between" in page.text
    assert "114 other classes" in page.text
    assert len(text) < 300_000


def test_a_run_that_recorded_next_to_nothing_still_has_a_page():
    text = Page(render(sample.bare_minimum(), run="runs/x")).text
    assert "Cannot tell yet" in text
    assert "It cannot be told from 764 texts" in text
    assert "Not run: it was switched off" in text
    assert all(
        attributes.get("class") != "axis" for attributes in Page(render(sample.bare_minimum(), run="x")).of("svg")
    )
    assert "None to show." in text
    assert "Nothing: everything planned was done" in text
    assert "About 2,300 scored items would settle the question." in text
    for missing in ("What would more labels buy?", "How the model sees the items", "Recipe", "Can its confidence"):
        assert missing not in text


def hostile():
    """Every text that comes from outside holds markup."""
    base = sample.solar()
    mistake = dataclasses.replace(
        base.mistakes[0], id=EVIL, truth=EVIL, predicted=EVIL, text=EVIL, thumbnail=f"data:image/png;base64,AA{EVIL}"
    )
    data = dataclasses.replace(
        base.data,
        name=EVIL,
        classes=(EVIL, "intact"),
        class_counts={EVIL: 131, "intact": 269},
        issues=(dataclasses.replace(base.data.issues[0], message=EVIL, items=(EVIL,), severity=EVIL),),
        roles={EVIL: EVIL},
        licence=f"research only {EVIL}",
        fingerprint=EVIL,
    )
    model = dataclasses.replace(
        base.model, name=EVIL, licence=f"non-commercial {EVIL}", pretraining=EVIL, revision=EVIL
    )
    row = dataclasses.replace(base.ranking[0], model=EVIL, scores={EVIL: 0.1}, licence=EVIL)
    simple = dataclasses.replace(base.controls["simple"], detail=EVIL)
    return dataclasses.replace(
        base,
        headline=EVIL,
        data=data,
        model=model,
        strategy=EVIL,
        strategy_options={EVIL: EVIL},
        ranking=(row, dataclasses.replace(base.ranking[-1], skipped=EVIL)),
        candidates=(dataclasses.replace(base.candidates[0], model=EVIL, strategy=EVIL),),
        scores=base.scores | {EVIL: dataclasses.replace(base.scores["accuracy"], method=EVIL)},
        controls={"simple": simple},
        verdict=dataclasses.replace(base.verdict, sentence=EVIL + ".", against=EVIL),
        mistakes=(mistake,),
        learning_curve=dataclasses.replace(base.learning_curve, note=EVIL),
        skipped=(EVIL,),
        seconds={EVIL: 1.0},
        environment={EVIL: EVIL, "versions": {EVIL: EVIL}},
        budget=EVIL,
    )


def test_markup_in_names_texts_and_ids_is_only_text():
    page = Page(render(hostile(), run=EVIL, recipe=EVIL))
    assert page.of("script") == page.of("img") == []
    for _, attributes, _ in page.elements:
        assert not any(name.startswith("on") for name in attributes)
    assert page.text.count("<script>alert(1)</script>") > 15


def test_long_names_are_shortened_and_kept_whole_in_the_title(solar):
    long = "a_class_with_quite_an_uncommonly_long_name_indeed"
    data = dataclasses.replace(solar.data, classes=(long, "intact"), class_counts={long: 131, "intact": 269})
    page = Page(render(dataclasses.replace(solar, data=data), run="x"))
    assert {"title": long} in page.of("span")
    assert long not in page.text


def test_equal_results_give_equal_bytes_in_any_process(solar):
    code = (
        "import hashlib; from tests.report import sample; from headstart.report.html import render;"
        "print(hashlib.sha256(render(sample.solar(), run='x').encode()).hexdigest())"
    )
    digests = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        )
        digests.add(done.stdout)
    assert len(digests) == 1


def test_the_page_is_written_with_the_recipe_beside_it(solar, tmp_path):
    (tmp_path / "recipe.toml").write_text('data = "größe/"\n', encoding="utf-8")
    path = write_report(solar, tmp_path)
    assert path == tmp_path / "report.html"
    text = path.read_text(encoding="utf-8")
    assert "größe/" in text
    assert f"headstart predict {tmp_path.as_posix()} new.jpg" in text
    (tmp_path / "recipe.toml").unlink()
    assert "Recipe" not in write_report(solar, tmp_path).read_text(encoding="utf-8")


def test_the_report_needs_no_plotting_library(solar):
    code = (
        "import sys; from headstart.report import html, json, summary;"
        "print([name for name in ('matplotlib', 'numpy', 'jinja2', 'rich', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_what_was_not_tried_costs_nothing_that_is_known(solar):
    *tried, left = solar.candidates
    free = dataclasses.replace(left, cost=0.0)
    page = render(dataclasses.replace(solar, candidates=(*tried, free)), run="runs/x")
    row = page[page.index("Not tried: ") :].partition("</tr>")[0]
    assert re.findall(r'<td class="right">(.*?)</td>', row) == ["–", "–"]


def test_an_interval_of_the_verdict_that_is_of_no_row_stands_below_the_table(solar):
    wider = dataclasses.replace(solar, verdict=dataclasses.replace(solar.verdict, low=0.05))
    said = "Against the best control, whichever that truly is: +12.4 points (+5.0 to +16.1)."
    assert said in Page(render(wider, run="runs/x")).text
    assert said not in Page(render(solar, run="runs/x")).text


def test_domains_have_a_table_of_their_own(tweets):
    page = render(sample.by_domain(tweets), run="x")
    assert "Domain by domain" in page
    rows = re.findall(r'<tr><th scope="row">(Freiburg|Erlangen|Jena)</th><td class="right">(\d+)</td>', page)
    assert rows == [("Freiburg", "120"), ("Erlangen", "90"), ("Jena", "110")]
    assert "Domain by domain" not in render(tweets, run="x")
