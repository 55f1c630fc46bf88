"""Layer 0: the types and contracts everything else is written against.

Nothing here reads a file, draws a random number, or imports torch, timm or transformers when it is imported.
"""
