import csv
from collections import Counter
from pathlib import Path

import pytest
import soundfile

from headstart.core.errors import UserError
from headstart.core.progress import Silent
from headstart.demo import _debian, spoken_languages
from headstart.demo._debian import Deb
from headstart.demo.spoken_languages import DIGESTS, LANGUAGES, VERSION, prepare
from tests.demo.debs import packed, published

PROMPTS = ("hello", "goodbye", "digits/1", "digits/2", "letters/a")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five packages of five prompts each; Italian has one more, and French a link for another dialect."""
    monkeypatch.setattr(_debian, "POOL", (tmp_path / "pool").as_uri())
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    digests = {}
    for code in LANGUAGES:
        prompts = (*PROMPTS, "basta") if code == "it" else PROMPTS
        base = f"usr/share/asterisk/sounds/{code}_XX_voice"
        files = {f"{base}/{prompt}.wav": f"{code} {prompt}".encode() for prompt in prompts}
        raw = packed({**files, "usr/share/doc/copyright": b"..."}, {f"{base}/link.wav": "hello.wav"})
        package = f"asterisk-core-sounds-{code}-wav"
        deb = Deb(package=package, version=VERSION, source="asterisk-core-sounds", sha256="")
        digests[code] = published(tmp_path / "pool", raw, deb).sha256
    monkeypatch.setattr(spoken_languages, "DIGESTS", digests)


@pytest.mark.usefixtures("exchange")
def test_prompts_are_dealt_out_whole():
    train, test = map(read, prepare(train=15, test=9, seed=1, progress=Silent()))
    assert Counter(row["language"] for row in train) == dict.fromkeys(LANGUAGES.values(), 3)
    assert len(test) == 9
    assert not {row["group"] for row in train} & {row["group"] for row in test}
    assert {row["group"] for row in (*train, *test)} == set(PROMPTS)
    for row in (*train, *test):
        code, prompt = Path(row["audio"]).read_text().split(" ")
        assert (LANGUAGES[code], prompt) == (row["language"], row["group"])


@pytest.mark.usefixtures("exchange")
def test_another_draw_fetches_nothing_again(tmp_path: Path):
    first = prepare(train=10, test=5, seed=0, progress=Silent())
    (tmp_path / "pool").rename(tmp_path / "gone")
    second = prepare(train=10, test=5, seed=2, progress=Silent())
    assert [read(path) for path in first] != [read(path) for path in second]


@pytest.mark.usefixtures("exchange")
def test_a_stopped_unpacking_leaves_nothing_half_done(monkeypatch: pytest.MonkeyPatch):
    unpack, calls = spoken_languages._unpack, []

    def stop_half_way(deb: Path, into: Path) -> None:
        calls.append(into)
        if len(calls) == 3:
            raise KeyboardInterrupt
        unpack(deb, into)

    monkeypatch.setattr(spoken_languages, "_unpack", stop_half_way)
    with pytest.raises(KeyboardInterrupt):
        prepare(train=10, test=5, progress=Silent())
    assert {path.suffix for path in spoken_languages._folder().iterdir()} == {".deb"}


@pytest.mark.parametrize(("train", "test"), [(4, 50), (50, 4)])
def test_fewer_clips_than_languages_are_refused(train: int, test: int):
    with pytest.raises(UserError, match=rf"Asked for {train} training and {test} test clips; expected 5 or more of"):
        prepare(train=train, test=test, progress=Silent())


@pytest.mark.usefixtures("exchange")
def test_more_clips_than_there_are_are_refused():
    with pytest.raises(UserError, match="Asked for 20 training and 10 test clips; there are 25 in all five languages"):
        prepare(train=20, test=10, progress=Silent())


@pytest.mark.real
def test_the_real_packages_are_the_pinned_ones_and_hold_so_many():
    train, test = map(read, prepare(train=2000, test=475, seed=0, progress=Silent()))
    assert (len(train), len(test)) == (2000, 475)
    assert set(DIGESTS) == set(LANGUAGES)
    for row in (*train[:5], *test[:5]):
        assert soundfile.info(row["audio"]).samplerate == 8000
