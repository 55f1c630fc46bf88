"""What tutorials do with a pretrained network: one plain loop over everything, with no thought for how few items there
are.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench._contest import SCRIPTS, Failed, balanced_accuracy
from bench._sets import Modality, truth
from bench._weights import fetched


def fine_tuned(folder: Path, modality: Modality) -> float:
    """Balanced accuracy on the test part of ``folder`` of the contestant `plain`, trained on the other part.

    Raises:
        Failed: it ended with an error.
    """
    with tempfile.TemporaryDirectory() as work:
        answer = Path(work) / "answer.json"
        script = SCRIPTS / f"plain_{modality}s.py"
        done = subprocess.run(
            [sys.executable, script, folder, fetched(modality), answer], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise Failed(done.stderr[-3000:])
        return balanced_accuracy(truth(folder), json.loads(answer.read_text(encoding="utf-8")))
