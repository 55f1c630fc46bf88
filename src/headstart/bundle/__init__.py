"""Layer 3: an adapted model and its recipe, to a folder and back."""
