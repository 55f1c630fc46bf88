"""Downloads that go on where an earlier one stopped, in another process too.

``huggingface_hub`` tries again by itself while it runs, and from where it was; what it had when it gave up it removes.
Here the beginning of a file stays, under its SHA-256 or revision, until the file is whole.
"""

from __future__ import annotations

from pathlib import Path

from headstart.backbones._store import PART


def resumed(url: str, into: Path, name: str, size: int) -> Path:
    """The file at ``url`` of ``size`` bytes (0: not known) as ``name`` in the folder ``into``.

    Raises:
        Exception: what ``huggingface_hub`` raises; what has arrived stays in ``into``.
    """
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    whole, part = into / name, into / f"{name}{PART}"
    if whole.is_file():
        return whole
    into.mkdir(parents=True, exist_ok=True)
    part.touch()
    if size and part.stat().st_size > size:
        part.unlink()
        part.touch()
    with part.open("r+b") as file:
        have = file.seek(0, 2)
        if have == 0 or have != size:
            http_get(url, file, resume_size=have, headers=build_hf_headers(), expected_size=size or None)
    return part.replace(whole)  # gone, and an error, where another process fetches it, too, and was faster
