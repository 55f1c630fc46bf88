"""The command line, layer 4: parse, call ``headstart.api``, print. One file per command."""
