"""Real data for ``headstart demo`` and the examples, fetched when asked for and never shipped."""
