"""Source archives of packages that have no wheel, out of the package index and unbuilt.

pip believes the metadata of a source archive only after having asked its build backend, which is setuptools and runs
``setup.py``. Here it is told to ask `headstart.backbones._no_build` under the name of setuptools, so that nothing of
the package is run; and since an archive may name another backend, even one that lies in itself, pip must first find
that the archive has the SHA-256 of the one that was looked at.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

BACKEND = Path(__file__).with_name("_no_build.py")
BUILDS_NOTHING = ("--no-binary=:all:", "--no-build-isolation", "--use-pep517")


def arguments(requirement: str, sha256: str, into: Path) -> list[str]:
    """What ``pip download`` is told besides; a file of requirements is written into ``into``."""
    asked = into / "requirements.txt"
    asked.write_text(f"{requirement} --hash=sha256:{sha256}\n", encoding="utf-8")
    return [*BUILDS_NOTHING, "--require-hashes", "--requirement", str(asked)]


def environment(own: Mapping[str, str], into: Path) -> dict[str, str]:
    """``own`` with the backend where pip looks for setuptools, which is put into ``into``."""
    place = into.resolve() / "backend"  # pip asks in another folder
    package = place / "setuptools"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    shutil.copyfile(BACKEND, package / "build_meta.py")
    known = [path for path in own.get("PYTHONPATH", "").split(os.pathsep) if path]  # "" would be the archive's folder
    return {**own, "PYTHONPATH": os.pathsep.join([str(place), *known])}
