from __future__ import annotations

import dataclasses
import json

from headstart.core.alignment import SOURCE_ONLY, Alignment, WayRow


def test_records_are_plain_values():
    row = WayRow(method="coral", values={"bnm": 0.5}, changed=0.1, predicted=(0.5, 0.5))
    found = Alignment(
        taken=SOURCE_ONLY,
        reason="same domain",
        sentence="There is none.",
        p=0.4,
        source=10,
        target=12,
        rows=(row,),
        judged=12,
    )
    assert json.loads(json.dumps(dataclasses.asdict(found)))["rows"][0]["method"] == "coral"
