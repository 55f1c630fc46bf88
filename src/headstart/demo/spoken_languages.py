"""The prompts of a telephone exchange, spoken in five languages: which one is it?

One voice speaks each language, so language and speaker are the same here: a model that tells the voices apart scores as
well as one that tells the languages. Say so wherever a score is quoted.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from headstart.core.errors import UserError
from headstart.core.home import home
from headstart.core.progress import Progress
from headstart.demo._debian import Deb, fetched, members
from headstart.demo._whole import appearing

VERSION = "1.6.1-1"
DIGESTS: Mapping[str, str] = {
    "en": "2be3ea287d83299d143815fa804f11179a75b7affd4a758b98b55f5afc18a35d",
    "es": "9283a09a6d56fccdcc2bcfe86c48f0f844289cfbd46a3184d8785a6f7f569903",
    "fr": "8d4e1bc32ed5ba7fbda40841ca1825ed20cc6232724a473c90f8bb0e53e6073e",
    "it": "5a26638089e134b8ac39363fe249c5c93c50cd8bfdc9b2499ae61ec4a35e2fcb",
    "ru": "ccbfaebfa450b7a9ddf644ae0f3d1e9017d5df7c0aebe816e946345589d38201",
}
LANGUAGES = {"en": "English", "es": "Spanish", "fr": "French", "it": "Italian", "ru": "Russian"}
TITLE = "Asterisk's prompts in five languages"
LICENCE = "CC-BY-SA-3.0"
TERMS = "free to use and share alike with credit (Russian: CC-BY-3.0); one voice speaks each language"
CREDIT = "Digium and the voices of the Asterisk project"


def prepare(*, train: int = 300, test: int = 400, seed: int = 0, progress: Progress) -> tuple[Path, Path]:
    """Two CSV files with the columns ``audio`` (a path), ``language`` and ``group`` (the prompt), as many clips of each
    language in either as can be.

    A prompt is in one of the files only, in all languages: nobody is scored on words they have heard.

    Raises:
        UserError: more clips are asked for than there are, or fewer than one of each language.
        Unavailable: a package cannot be fetched, or is not the one that was pinned.
    """
    if min(train, test) < len(LANGUAGES):
        raise UserError(f"Asked for {train} training and {test} test clips; expected {len(LANGUAGES)} or more of each.")
    clips = _clips(progress)
    prompts = sorted(set.intersection(*(set(found) for found in clips.values())))
    random.Random(seed).shuffle(prompts)
    needed = [-(-count // len(LANGUAGES)) for count in (train, test)]
    if sum(needed) > len(prompts):
        most = len(prompts) * len(LANGUAGES)
        raise UserError(f"Asked for {train} training and {test} test clips; there are {most:,} in all five languages.")
    folder = _folder() / f"{train}-{test}-seed{seed}"
    parts = (prompts[: needed[0]], prompts[needed[0] : sum(needed)])
    for name, count, chosen in zip(("train.csv", "test.csv"), (train, test), parts, strict=True):
        rows = [(clips[code][prompt], language, prompt) for prompt in chosen for code, language in LANGUAGES.items()]
        with appearing(folder / name) as path, path.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(("audio", "language", "group"))
            table.writerows(rows[:count])
    return folder / "train.csv", folder / "test.csv"


def _clips(progress: Progress) -> dict[str, dict[str, Path]]:
    """Files by language and prompt, unpacked once."""
    target = _folder() / "clips"
    if not target.is_dir():
        with appearing(target) as folder:
            for code, digest in DIGESTS.items():
                deb = Deb(
                    package=f"asterisk-core-sounds-{code}-wav",
                    version=VERSION,
                    source="asterisk-core-sounds",
                    sha256=digest,
                )
                _unpack(fetched(deb, _folder(), progress), folder / code)
    return {
        code: {
            path.relative_to(target / code).with_suffix("").as_posix(): path for path in (target / code).rglob("*.wav")
        }
        for code in LANGUAGES
    }


def _unpack(deb: Path, into: Path) -> None:
    """The prompts below the folder of the language; the package has links from one dialect to another beside them."""
    for name, content in members(deb):
        path = PurePosixPath(name)
        if path.suffix != ".wav":
            continue
        start = next(place for place, part in enumerate(path.parts) if part == "sounds") + 2
        target = into.joinpath(*path.parts[start:])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _folder() -> Path:
    return home() / "data" / f"asterisk-core-sounds-{VERSION}"
