from __future__ import annotations

import dataclasses

from headstart.core.validator import Judged


def test_labels_of_the_target_have_no_place():
    known = {"source", "labels", "target", "logits", "held", "back", "weights"}
    assert {field.name for field in dataclasses.fields(Judged)} == known
