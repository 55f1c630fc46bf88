"""Killed anywhere, finished the same: ``kill -9`` at random moments of a real run, then the same command again.

    python -m bench kills [--kills 10] [--train 80] [--test 60] [--seed 0] [--strategy NAME] [--set NAME=VALUE]

The run is the demo's with fewer cells: features at two sizes, the probe, fine-tuning of the last block on several
folds, the controls. With ``--strategy`` that one alone is tried: ``gradual`` frees block after block, ``soup``
averages several fits, ``--set patience=2`` stops early. Each attempt starts from nothing, is killed at a random
moment of a stage (features, the head that is fitted once they are done, fine-tuning, controls, in turn), and is
started again. Compared with an uninterrupted run: every number of ``results.json`` that is no duration, and the bytes
of the model.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench._cells import MODEL, cells, store_with_models
from bench._machine import machine

STAGES = {"features of {model} ...": 0.4, "features of {model}: done": 1.0, "{strategy} on": 2.0, "control:": 2.0}
"""What the log shows when a kind of work begins (features, the head, fine-tuning, the controls), and the seconds after
which the kill comes at the latest."""
DURATIONS = ("seconds", "forward_pass_seconds")


def main() -> int:
    """Print one line per kill; the exit status is 1 if any rerun ended differently."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--train", type=int, default=80)
    parser.add_argument("--test", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--strategy", default="auto")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    draw = random.Random(given.seed)
    print(machine())
    with tempfile.TemporaryDirectory() as scratch:
        folder = cells(Path(scratch), train=given.train, test=given.test)
        asked = ["--strategy", given.strategy, *(word for each in given.set for word in ("--set", each))]
        whole = Attempt(Path(scratch) / "whole", folder, asked)
        if whole.start().wait() != 0:
            raise SystemExit(f"the uninterrupted run failed: {whole.log()}")
        expected = whole.outcome()
        differing = 0
        for number in range(given.kills):
            attempt = Attempt(Path(scratch) / f"killed-{number}", folder, asked)
            stage, within = list(STAGES.items())[number % len(STAGES)]
            trained = "last_blocks" if given.strategy == "auto" else given.strategy
            shown = attempt.killed_in(stage.format(model=MODEL, strategy=trained), draw.uniform(0.0, within))
            if attempt.start().wait() != 0:
                raise SystemExit(f"the rerun failed: {attempt.log()}")
            same = attempt.outcome() == expected
            differing += not same
            print(f"{'the same' if same else 'DIFFERENT'}: killed at '{shown}'", flush=True)
            shutil.rmtree(attempt.folder)
    print(f"{given.kills - differing} of {given.kills} reruns ended as the uninterrupted run did")
    return int(differing > 0)


class Attempt:
    """One run folder with a store of its own, so that nothing of another attempt is found."""

    def __init__(self, folder: Path, data: Path, asked: Sequence[str]) -> None:
        folder.mkdir()
        self.folder = folder
        self.run = folder / "run"
        self._data = data
        self._asked = asked
        self._home = store_with_models(folder)

    def start(self) -> subprocess.Popen[bytes]:
        """The command, started or started again."""
        command = [sys.executable, "-m", "headstart", "adapt", self._data, "--pool", MODEL, "--out", self.run]
        command += self._asked
        environment = {**os.environ, "HEADSTART_HOME": str(self._home), "PYTHONWARNINGS": "ignore"}
        with (self.folder / "log").open("wb") as log:
            return subprocess.Popen([str(p) for p in command], stdout=log, stderr=log, env=environment)

    def killed_in(self, stage: str, delay: float) -> str:
        """Start, kill ``delay`` seconds after ``stage`` was shown, and return the last line shown."""
        process = self.start()
        while stage not in self.log().lower():
            if process.poll() is not None:
                raise SystemExit(f"the run ended without showing '{stage}': {self.log()}")
            time.sleep(0.01)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        if process.wait() != -signal.SIGKILL:
            raise SystemExit(f"the run ended within {delay:.1f} s of '{stage}'; nothing was killed")
        return self.log().strip().splitlines()[-1]

    def log(self) -> str:
        """What the last start has printed."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def outcome(self) -> tuple[Any, dict[str, bytes]]:
        """The results without durations, and the model's files."""
        results = json.loads((self.run / "results.json").read_text(encoding="utf-8"))
        model = {path.name: path.read_bytes() for path in sorted((self.run / "model").iterdir())}
        return _without_durations(results), model


def _without_durations(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_durations(each) for name, each in value.items() if name not in DURATIONS}
    return [_without_durations(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(main())
