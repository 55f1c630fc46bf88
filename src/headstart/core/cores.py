"""How many cores this process may use, which a container or a batch system sets below the machine's."""

from __future__ import annotations

import math
import os
from pathlib import Path

QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""Processor time that the control group (version 2) of the process may take: ``QUOTA PERIOD`` in microseconds, or
``max PERIOD``."""


def cores() -> int:
    """Cores of the process's affinity where the system knows one, else the machine's, or as many as the quota of its
    control group pays for, rounded up, if those are fewer; at least 1.
    """
    try:
        here = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        here = os.cpu_count() or 1
    paid = _paid()
    return max(1, here if paid is None else min(here, paid))


def _paid() -> int | None:
    """Cores that the quota pays for, rounded up; None where there is no quota."""
    try:
        quota, period = QUOTA.read_text(encoding="ascii").split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):  # no such file, or "max"
        return None
