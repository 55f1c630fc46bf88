"""How many cores this process may use, which a container or a batch system sets below the machine's."""

from __future__ import annotations

import os


def cores() -> int:
    """Cores of the process's affinity where the system knows one, else the machine's; at least 1."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1
