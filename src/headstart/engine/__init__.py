"""Layer 2: the straight line from a data set to a proven model. Start with `adapt.py`.

The engine knows the contracts of `headstart.core`, never the members that implement them.
"""
