import csv
import random

import pytest

from headstart.core.errors import UserError
from headstart.core.progress import Silent
from headstart.demo import tweets


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_tweets_are_dealt_out_and_mangled_ones_left_out(publish):
    rows = [("positive", f"so nice, {n}") for n in range(6)] + [("negative", f"bad\n{n}") for n in range(6)]
    lines = "sentiment,confidence,text\r\n" + "".join(f'{mood},1.0,"{text}"\r\n' for mood, text in rows)
    publish(tweets, {tweets.CORPUS: lines.encode() + b'neutral,1.0,"torn \xd1_ bytes"\r\n'})
    train, test = tweets.prepare(train=5, test=7, seed=1, progress=Silent())
    random.Random(1).shuffle(rows)
    assert [(row["sentiment"], row["text"]) for row in read(train) + read(test)] == rows
    assert list(read(train)[0]) == ["text", "sentiment"]


@pytest.mark.parametrize(("train", "test"), [(0, 5), (5, 0), (33_000, 800)])
def test_more_tweets_than_there_are_are_refused(train, test):
    with pytest.raises(UserError, match=rf"Asked for {train} training and {test} test tweets; .*at most 33,224"):
        tweets.prepare(train=train, test=test, progress=Silent())


@pytest.mark.real
def test_the_real_package_is_the_pinned_one_and_holds_so_many():
    train, test = tweets.prepare(train=33_000, test=224, seed=0, progress=Silent())
    assert len(read(train)) == 33_000
    assert len(read(test)) == 224
