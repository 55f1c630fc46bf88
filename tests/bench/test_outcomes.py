from dataclasses import replace

import pytest

from bench._outcomes import Record, going_on, only, read, write


def test_a_record_comes_back_as_it_was_written(outcomes, tmp_path):
    record = Record(train=4, test=8, commit="c", environments={"a": "b 1"}, outcomes=tuple(outcomes))
    write(tmp_path / "new/peers.json", record)
    assert read(tmp_path / "new/peers.json") == record
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["peers.json"]


def test_going_on_keeps_outcomes_and_adds_environments(outcomes, tmp_path):
    path = tmp_path / "peers.json"
    write(path, Record(train=4, test=8, commit="c", environments={"a": "old", "b": "1"}, outcomes=tuple(outcomes[:1])))
    found = going_on(path, 4, 8, "d", {"a": "new"})
    assert found.outcomes == tuple(outcomes[:1])
    assert found.environments == {"a": "new", "b": "1"}
    assert found.commit == "d"
    assert found.earlier == found.outcomes  # both the code and the packages are other ones by now
    assert found.has("one", "quick", 0)
    assert not found.has("one", "quick", 1)


def test_going_on_from_nothing_starts(tmp_path):
    assert going_on(tmp_path / "none.json", 4, 8, "c", {}) == Record(
        train=4, test=8, commit="c", environments={}, outcomes=()
    )


def test_results_of_other_sizes_are_not_mixed(tmp_path):
    path = tmp_path / "peers.json"
    write(path, Record(train=4, test=8, commit="c", environments={}, outcomes=()))
    with pytest.raises(SystemExit, match=r"results of 4 training and 8 test items, not of 40 and 80\. Ask for those"):
        going_on(path, 40, 80, "c", {})


def test_outcomes_of_one_contestant_come_by_seed(outcomes):
    assert [each.wall for each in only(outcomes, "two", "plain").values()] == [100, 200]


def test_what_an_older_bench_wrote_is_refused(tmp_path):
    path = tmp_path / "peers.json"
    path.write_text('{"machine": "a machine", "outcomes": [{"contestant": "quick"}]}')
    with pytest.raises(
        SystemExit, match=r"peers\.json is of an older bench \(schema unknown, expected 2\); start anew"
    ):
        read(path)


def test_outcomes_of_other_code_or_packages_are_earlier_ones(outcomes):
    changed = [replace(outcomes[0], commit="old"), replace(outcomes[1], environment="torch 8"), *outcomes[2:]]
    record = Record(
        train=4, test=8, commit="0123456789", environments={"headstart": "torch 9"}, outcomes=tuple(changed)
    )
    assert record.earlier == tuple(changed[:2])
