"""``python -m headstart`` is the command ``headstart``."""

import sys

from headstart.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
