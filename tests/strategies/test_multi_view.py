from __future__ import annotations

from headstart.strategies.multi_view import MultiView
from tests.engine import toys


def test_texts_are_refused_before_any_download():
    task = toys.labelled().task
    assert MultiView().supports(toys.info(modality="text"), task) == "texts have one view only."
    assert MultiView().supports(toys.info(), task) is None
