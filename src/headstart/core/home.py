"""Where headstart keeps what it may fetch or compute again: models, feature caches, downloaded data."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The folder named by ``HEADSTART_HOME``, or the user's cache folder for headstart.

    Read anew at every call, created by nobody here: who writes below it makes it.
    """
    named = os.environ.get("HEADSTART_HOME", "")
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs

    return platformdirs.user_cache_path("headstart", appauthor=False)
