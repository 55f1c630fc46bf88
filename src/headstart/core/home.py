"""Where headstart keeps what it may fetch or compute again: models, feature caches, downloaded data."""

from __future__ import annotations

import os
from pathlib import Path

from headstart.core.errors import UserError


def home() -> Path:
    """The folder named by ``HEADSTART_HOME``, or the user's cache folder for headstart.

    Read anew at every call, created by nobody here: who writes below it makes it.

    Raises:
        UserError: ``HEADSTART_HOME`` leads to a file.
    """
    named = os.environ.get("HEADSTART_HOME", "")
    if named:
        path = Path(named).expanduser().absolute()
        there = next((each for each in (path, *path.parents) if os.path.lexists(each)), path)
        if there.exists() and not there.is_dir():
            raise UserError(
                f"HEADSTART_HOME is '{named}', and '{there}' is a file; set it to a folder (it is made if it does not "
                "exist), or unset it."
            )
        return path
    import platformdirs

    return platformdirs.user_cache_path("headstart", appauthor=False)
