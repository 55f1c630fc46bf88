"""``python -m bench`` lists what is measured here; ``python -m bench NAME ...`` measures it."""

from __future__ import annotations

import ast
import runpy
import sys
from pathlib import Path


def measurements() -> dict[str, str]:
    """Every measurement by name, with the first line of its docstring. Helpers start with an underscore."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        found[path.stem] = text.partition("\n")[0]
    return found


def main() -> int:
    """Run the measurement named first with the arguments after it."""
    known = measurements()
    if len(sys.argv) < 2:
        print("\n".join(f"{name:20} {summary}" for name, summary in known.items()))
        return 0
    name = sys.argv[1]
    if name not in known:
        sys.stderr.write(f"There is no measurement '{name}'; there are {', '.join(known)}.\n")
        return 2
    sys.argv = [f"bench/{name}.py", *sys.argv[2:]]
    runpy.run_module(f"bench.{name}", run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
