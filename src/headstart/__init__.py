"""headstart: bring a small labelled data set; leave with the best model pretrained knowledge can give you."""

__version__ = "0.1.0"
