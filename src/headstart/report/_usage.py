"""Code that uses the model of a run: three ways, ready to be copied."""

from __future__ import annotations

import json
import shlex

from headstart.core.results import Results


def usage(results: Results, run: str) -> dict[str, str]:
    """Code that uses the model in ``run``; what transformers alone would run is empty unless a transfer is served."""
    item = {"image": "new.jpg", "text": "a new text", "audio": "new.wav"}[results.data.modality]
    plain = _transformers(results, f"{run.rstrip('/')}/model", item) if results.served == "transfer" else ""
    return {
        "headstart": (
            f"import headstart as hs\n\nmodel = hs.open({json.dumps(run)})\nmodel.predict([{json.dumps(item)}])"
        ),
        "transformers": plain,
        "shell": f"headstart predict {shlex.quote(run)} {shlex.quote(item)}",
    }


def _transformers(results: Results, model: str, item: str) -> str:
    """Code that needs nothing but transformers and what reads a file."""
    modality, parts = results.data.modality, len(results.model.parts)
    imports, given = ["from transformers import pipeline"], json.dumps(item)
    read: list[str] = []
    if modality == "audio":  # a file by its name would need ffmpeg
        imports = ["import soundfile", "from scipy.signal import resample_poly", *imports]
        read = [
            "rate = model.feature_extractor.sampling_rate",
            f"samples, given = soundfile.read({given}, always_2d=True)",
            "sound = resample_poly(samples.mean(axis=1), rate, given)",
        ]
        given = '{"raw": sound, "sampling_rate": rate}'
    kind, place = json.dumps(f"{modality}-classification"), json.dumps(model)
    if not parts:
        reader = {"image": "image_processor", "text": "tokenizer", "audio": "feature_extractor"}[modality]
        apart = [f'    {reader}={place[:-1]}/body",'] if results.model.layers else []
        trust = [f"    trust_remote_code=True,  # the folder's own {results.model.code}"] if results.model.code else []
        cut = ["    truncation=True,"] if modality == "text" else []
        more = [*apart, *trust, *cut]
        lines = ["model = pipeline(", f"    {kind},", f"    model={place},", *more, ")", *read, f"model({given})"]
        return "\n".join([*imports, "", *lines])
    trusted = ", trust_remote_code=True" if results.model.code else ""
    inside = [
        f'model = pipeline({kind}, model={place[:-1]}/" + part{trusted})',
        *read,
        f'for said in model({given}, top_k=None, function_to_apply="none"):',
        '    logits[said["label"]] += said["score"]',
    ]
    names = ", ".join(json.dumps(str(number)) for number in range(parts))
    lines = ["logits = Counter()", f"for part in ({names}):", *(f"    {line}" for line in inside)]
    return "\n".join(["from collections import Counter", "", *imports, "", *lines, "logits.most_common(1)"])
