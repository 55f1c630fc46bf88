import os
import sys

import pytest

from bench._contest import CONTESTANTS, OURS, SCRIPTS, Failed, _timed, balanced_accuracy, environment_of, takes_part


def test_balanced_accuracy_counts_classes_alike():
    assert balanced_accuracy(["a", "a", "a", "b"], ["a", "a", "b", "b"]) == pytest.approx((2 / 3 + 1) / 2)
    assert balanced_accuracy(["a", "b"], ["c", "b"]) == 0.5


def test_too_few_answers_are_a_failure():
    with pytest.raises(Failed, match="1 answers to 2 items"):
        balanced_accuracy(["a", "b"], ["a"])


def test_every_peer_has_a_script_for_what_it_takes_part_in():
    for name in CONTESTANTS:
        for modality in ("image", "text"):
            there = (SCRIPTS / f"{name}_{modality}s.py").is_file()
            assert there == (name not in OURS and takes_part(name, modality))


def test_only_foreign_libraries_have_environments_of_their_own():
    assert {environment_of(name) for name in CONTESTANTS} == {"headstart", "fastai", "autogluon"}


def test_a_process_is_measured_on_its_own(tmp_path):
    spent = _timed([sys.executable, "-c", "x = bytearray(64 * 1024**2); sum(range(10**6))"], os.environ, tmp_path)
    assert spent.wall > 0
    assert spent.cpu > 0
    assert spent.peak > 64


def test_a_process_that_fails_says_what_it_printed(tmp_path):
    with pytest.raises(Failed, match="no such thing"):
        _timed([sys.executable, "-c", "raise SystemExit('no such thing')"], os.environ, tmp_path)
