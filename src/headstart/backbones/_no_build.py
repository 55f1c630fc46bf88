"""A build backend that builds nothing: pip asks it for a source archive's metadata, and gets what the archive says.

It is put where pip looks for setuptools (`headstart.backbones._sdist`), and needs nothing but Python.
"""

from __future__ import annotations

import shutil
import sys
from email import message_from_bytes
from pathlib import Path

TOLD = "PKG-INFO"
"""What every source archive holds; pip asks in the folder it was unpacked to."""


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: object = None) -> str:
    """The name of the folder in ``metadata_directory`` that now holds the metadata."""
    del config_settings
    told = message_from_bytes(Path(TOLD).read_bytes())
    name = f"{str(told['Name']).replace('-', '_')}-{told['Version']}.dist-info"
    folder = Path(metadata_directory) / name
    folder.mkdir()
    shutil.copyfile(TOLD, folder / "METADATA")
    return name


__legacy__ = sys.modules[__name__]
"""What pip asks of setuptools for archives without a ``pyproject.toml``."""
