import contextlib
import io
from dataclasses import replace
from pathlib import Path

import pytest

from headstart.report._usage import usage
from tests.backbones.members import CLASSES, batch_of, head_for, make, raw_items
from tests.report.sample import solar


@pytest.mark.parametrize(
    ("member", "layers"), [("test_resnet", False), ("test_resnet", True), ("test_resnet+test_vit", False)]
)
def test_what_is_said_of_transformers_runs(member: str, layers: bool, tmp_path: Path, monkeypatch):
    backbone = make(member).layered() if layers else make(member)
    head = head_for(backbone)
    backbone.export(tmp_path / "run/model", head, CLASSES)
    raw_items(backbone, 1)[0].save(tmp_path / "new.jpg.png")
    (tmp_path / "new.jpg.png").rename(tmp_path / "new.jpg")
    found = replace(solar(), served="transfer")
    found = replace(
        found,
        model=replace(
            found.model, parts=tuple(part.info.name for part in backbone.parts), layers=layers, code=backbone.code
        ),
    )
    code = usage(found, "run")["transformers"]
    assert "headstart" not in code
    monkeypatch.chdir(tmp_path)
    *lines, last = code.split("\n")
    known: dict = {}
    with contextlib.redirect_stderr(io.StringIO()):
        exec("\n".join(lines), known)
        said = eval(last, known)
    expected = CLASSES[int(head.logits(backbone.encode(batch_of(backbone, 1)).double().detach().numpy()).argmax())]
    assert (said[0][0] if backbone.parts else said[0]["label"]) == expected


def test_what_runs_its_own_code_is_trusted_and_texts_are_cut():
    plain, coded = (replace(solar().model, code=code) for code in ("", "ge2e_model.py"))
    assert "trust_remote_code" not in usage(replace(solar(), model=plain), "run")["transformers"]
    said = usage(replace(solar(), model=coded), "run")["transformers"]
    assert "trust_remote_code=True,  # the folder's own ge2e_model.py" in said
    said = usage(replace(solar(), model=replace(coded, parts=("one", "two"))), "run")["transformers"]
    assert 'model="run/model/" + part, trust_remote_code=True)' in said
    assert "truncation" not in usage(solar(), "run")["transformers"]
    texts = replace(solar(), data=replace(solar().data, modality="text"))
    assert "    truncation=True,\n" in usage(texts, "run")["transformers"]
