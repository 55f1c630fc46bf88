"""What appears whole or not at all, also when two processes make it at the same time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """A path of the same name that does not exist yet; what the block makes there is at ``target`` in the end.

    It moves there in one step. Where another process was faster, what that one made stays and this one's is dropped:
    both were made from the same pinned source. A block that fails leaves nothing.

    Raises:
        OSError: what was made cannot be moved there.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".part-", dir=target.parent))
    try:
        made = work / target.name
        yield made
        try:
            made.replace(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
