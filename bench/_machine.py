"""One line about the machine and the code that a measurement was made with."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from headstart.engine.environment import environment


def machine() -> str:
    """Processor, cores, versions that speed depends on, and the commit."""
    versions = environment("")["versions"]
    assert isinstance(versions, dict)
    packages = ", ".join(f"{name} {versions[name]}" for name in ("python", "torch", "timm", "transformers"))
    return f"{_processor()}, {os.cpu_count()} cores; {packages}; commit {commit()}"


def commit() -> str:
    """The code, and whether it has changes that are not committed."""
    found = environment("")
    return f"{str(found['commit'])[:10]}{' with changes' if found['dirty'] else ''}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
