import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from typing import Literal

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from headstart.core import results as records
from headstart.core.errors import HeadstartError, Unavailable, UserError
from headstart.report.json import document, read_results, schema, write_results

SIMPLE = {str: "string", int: "integer", bool: "boolean", float: "number", type(None): "null"}
REQUIRED = {
    "data": {"name", "fingerprint", "n_train", "n_test", "classes", "issues"},
    "model": {"name", "source", "revision", "sha256", "licence"},
    "verdict": {"outcome", "delta", "low", "high", "needed"},
    "environment": None,
}


def record_types(kind=records.Results, found=None):
    """Every dataclass reachable from the results."""
    found = {} if found is None else found
    if dataclasses.is_dataclass(kind) and kind.__name__ not in found:
        found[kind.__name__] = kind
        for hint in typing.get_type_hints(kind).values():
            record_types(hint, found)
    for part in typing.get_args(kind):
        record_types(part, found)
    return found


def expected(kind):
    """The JSON Schema of an annotation, without descriptions."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if kind in SIMPLE:
        return {"type": SIMPLE[kind]}
    if origin is Literal:
        return {"enum": list(parts)}
    if origin in (typing.Union, types.UnionType):
        options = [expected(part) for part in parts]
        if all(set(option) == {"type"} for option in options):
            return {"type": [option["type"] for option in options]}
        return {"anyOf": options}
    if origin is tuple:
        return {"type": "array", "items": expected(parts[0])}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": expected(parts[1])}
    return {"$ref": f"#/$defs/{kind.__name__}"}


def described(name):
    whole = schema()
    return whole if name == "Results" else whole["$defs"][name]


def test_the_schema_is_one_and_knows_every_record():
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"Results", *schema()["$defs"]} == set(record_types())


@pytest.mark.parametrize("name", sorted(record_types()))
def test_schema_and_dataclasses_agree_both_ways(name):
    described_record = described(name)
    hints = typing.get_type_hints(record_types()[name])
    assert described_record["additionalProperties"] is False
    assert described_record["required"] == list(hints)
    assert list(described_record["properties"]) == list(hints)
    for key, hint in hints.items():
        found = dict(described_record["properties"][key])
        assert found.pop("description").endswith("."), f"{name}.{key} is not described"
        wanted = {"const": records.SCHEMA} if (name, key) == ("Results", "schema") else expected(hint)
        assert found == wanted, f"{name}.{key}"


def test_what_readers_were_promised_is_there(solar):
    plain = document(solar)
    for key, inner in REQUIRED.items():
        assert key in plain
        assert inner is None or inner <= set(plain[key])
    assert {
        "ranking",
        "candidates",
        "strategy",
        "scores",
        "controls",
        "seconds",
        "forward_pass_seconds",
        "seed",
    } <= set(plain)
    assert set(plain["scores"]["accuracy"]) == {"value", "low", "high", "method"}


@pytest.mark.parametrize("case", ["solar", "tweets"])
def test_written_results_validate_and_come_back_equal(case, request, tmp_path):
    results = request.getfixturevalue(case)
    path = write_results(results, tmp_path / "run")
    assert path == tmp_path / "run" / "results.json"
    Draft202012Validator(schema()).validate(json.loads(path.read_text(encoding="utf-8")))
    assert read_results(tmp_path / "run") == results


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda plain: plain.pop("verdict"), "'verdict' is a required property"),
        (lambda plain: plain.update(extra=1), "'extra' was unexpected"),
        (lambda plain: plain["verdict"].update(outcome="good"), "'good' is not one of"),
        (lambda plain: plain["data"].update(n_train="400"), "'400' is not of type 'integer'"),
        (lambda plain: plain.update(schema=2), "1 was expected"),
        (lambda plain: plain["ranking"][0].pop("skipped"), "'skipped' is a required property"),
    ],
)
def test_wrong_documents_fail_both_checks(solar, tmp_path, change, place):
    plain = document(solar)
    change(plain)
    messages = [error.message for error in Draft202012Validator(schema()).iter_errors(plain)]
    assert any(place in message for message in messages)
    (tmp_path / "results.json").write_text(json.dumps(plain))
    with pytest.raises(HeadstartError):
        read_results(tmp_path)


def test_numbers_of_numpy_are_written(solar, tmp_path):
    changed = dataclasses.replace(solar, temperature=np.float64(1.5), seed=np.int64(3))
    write_results(changed, tmp_path)
    again = read_results(tmp_path)
    assert (again.temperature, again.seed) == (1.5, 3)


def test_a_score_that_could_not_be_computed_is_null(solar, tmp_path):
    first = dataclasses.replace(solar.ranking[0], scores={"logme": float("-inf")})
    write_results(dataclasses.replace(solar, ranking=(first,)), tmp_path)
    assert read_results(tmp_path).ranking[0].scores == {"logme": None}


def test_a_required_number_that_is_not_finite_is_an_error_and_nothing_is_written(solar, tmp_path):
    broken = dataclasses.replace(solar, temperature=float("nan"))
    with pytest.raises(HeadstartError, match=r"cannot be written as results\.json: results\.temperature is nan"):
        write_results(broken, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_results_is_the_users_mistake(tmp_path):
    with pytest.raises(UserError, match=r"holds no results\.json; expected a run folder, as 'headstart adapt' or"):
        read_results(tmp_path)


def test_a_missing_run_is_told_from_an_empty_folder_and_the_nearest_run_is_offered(tmp_path):
    for name in ("run-1", "other"):
        (tmp_path / name).mkdir()
    with pytest.raises(UserError, match=rf"^There is no folder '{tmp_path}/run_1'; expected a run folder\.$"):
        read_results(tmp_path / "run_1")
    (tmp_path / "run-1" / "results.json").touch()
    with pytest.raises(
        UserError, match=rf"no folder '{tmp_path}/run_1'; expected a run folder\. Did you mean '{tmp_path}/run-1'\?$"
    ):
        read_results(tmp_path / "run_1")
    with pytest.raises(UserError, match=r"^There is no folder '.*gone/run'; expected a run folder\.$"):
        read_results(tmp_path / "gone" / "run")


def test_nor_is_a_file_a_run(tmp_path):
    (tmp_path / "report.html").touch()
    with pytest.raises(UserError, match=r"report\.html' is a file; expected a run folder\.$"):
        read_results(tmp_path / "report.html")
    (tmp_path / "results.json").touch()
    with pytest.raises(UserError, match=rf"is a file; expected a run folder\. Did you mean '{tmp_path}'\?"):
        read_results(tmp_path / "report.html")


@pytest.mark.parametrize(
    ("number", "advice"), [(2, "upgrade headstart to read it"), (0, "run it again"), ("1", "run it again")]
)
def test_another_schema_number_is_said(tmp_path, number, advice):
    (tmp_path / "results.json").write_text(json.dumps({"schema": number}))
    with pytest.raises(UserError, match=f"has schema {number!r}, but this headstart reads schema 1; {advice}"):
        read_results(tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "it is not a JSON document"),
        ('{"schema": NaN}', "NaN is not a JSON number"),
        ("[]", "it holds no JSON object"),
        ("", "it is not a JSON document"),
        ('{"schema": 1}', r"results\.headline is missing; results\.data is missing; .* and \d+ more"),
    ],
)
def test_a_damaged_file_is_named_with_the_reason(tmp_path, text, reason):
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(Unavailable, match=f"is damaged: .*{reason}.*restore it from a copy"):
        read_results(tmp_path)


def test_bytes_that_are_no_text_are_damage(tmp_path):
    (tmp_path / "results.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Unavailable, match="is damaged: it is not a JSON document"):
        read_results(tmp_path)


def test_a_file_that_cannot_be_read_is_said(tmp_path, monkeypatch):
    (tmp_path / "results.json").write_text("{}")

    def denied(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_text", denied)
    with pytest.raises(Unavailable, match=r"cannot be read \(Permission denied\); check its permissions"):
        read_results(tmp_path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda plain: plain["confusion"].pop(), "results.confusion should have 2 rows of 2 numbers"),
        (lambda plain: plain["map"][0].update(truth=2), "results.map names a class outside 0 to 1"),
        (lambda plain: plain["scores"].pop("balanced_accuracy"), "lacks the primary metric 'balanced_accuracy'"),
    ],
)
def test_parts_that_contradict_each_other_are_damage(solar, tmp_path, change, reason):
    plain = document(solar)
    change(plain)
    (tmp_path / "results.json").write_text(json.dumps(plain))
    with pytest.raises(Unavailable, match=reason):
        read_results(tmp_path)
