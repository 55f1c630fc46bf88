from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from headstart.core.errors import UserError
from headstart.data._load import load
from headstart.data._read import read_picture


def tweets(n: int, start: int = 0) -> pd.DataFrame:
    words = np.random.default_rng(start).choice(["sun", "rain", "wind", "snow", "fog", "frost", "dew", "hail"], (n, 8))
    return pd.DataFrame({"text": [" ".join(row) for row in words], "label": ["good", "bad"] * (n // 2)})


def test_a_folder_becomes_a_data_set(photos):
    data = load(photos({"dog": 3, "cat": 3}))
    assert (data.name, data.modality, data.classes) == ("photos", "image", ("cat", "dog"))
    assert data.ids == ("cat/0.png", "cat/1.png", "cat/2.png", "dog/0.png", "dog/1.png", "dog/2.png")
    assert data.targets.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.table.column_names == ["id", "item", "target", "digest"]
    assert read_picture(data.table[0]["item"], None).image.size == (96, 80)
    assert data.split.origin == "none"
    assert (data.split.train.tolist(), data.split.test.tolist()) == ([0, 1, 2, 3, 4, 5], [])
    assert data.issues == ()


def test_images_in_memory_are_kept_in_the_table(picture):
    frame = pd.DataFrame({"image": [picture(seed) for seed in range(6)], "label": [0, 1] * 3})
    data = load(frame)
    assert np.array_equal(np.asarray(read_picture(data.table[2]["item"], None).image), np.asarray(picture(2)))


def test_numeric_classes_are_sorted_by_value():
    frame = tweets(8)
    frame["label"] = [10, 2, 1, 2, 10, 1, 1, 2]
    assert load(frame).classes == ("1", "2", "10")


def test_the_users_own_split_is_kept(photos):
    data = load(photos({"train/a": 3, "train/b": 3, "test/a": 1, "test/b": 1}))
    assert data.split.origin == "given"
    assert [data.ids[row] for row in data.split.test] == ["test/a/0.png", "test/b/0.png"]


def test_a_separate_test_set_uses_the_same_columns():
    frame, test = tweets(20), tweets(6, start=1)
    for table in (frame, test):
        table["kind"] = table.pop("label")
        table["title"] = "a title that is rather longer than all the texts of this little table are"
    data = load(frame, input="text", label="kind", test=test)
    assert data.split.origin == "given"
    assert len(data.split.test) == 6
    assert dict(data.roles) == {"input": "text", "label": "kind"}
    with pytest.raises(UserError, match="The DataFrame has no column 'text' to use as input"):
        load(frame, input="text", label="kind", test=test.rename(columns={"text": "words"}))


def test_tables_and_folders_can_test_each_other(photos, tmp_path: Path):
    train = photos({"a": 3, "b": 3})
    test = photos({"a": 1, "b": 1}, name="other", first_seed=50)
    (tmp_path / "t.csv").write_text("file,kind\nother/a/0.png,a\nother/b/0.png,b\n")
    (tmp_path / "d.csv").write_text(
        "file,label\n" + "".join(f"photos/{c}/{k}.png,{c}\n" for c in "ab" for k in range(3))
    )
    for data in (load(train, label="kind", test=tmp_path / "t.csv"), load(tmp_path / "d.csv", test=test)):
        assert (len(data.split.train), len(data.split.test)) == (6, 2)


def test_a_split_is_made_when_there_are_enough_items():
    frame = tweets(1000)
    data = load(frame)
    assert data.split.origin == "made"
    assert len(data.split.test) == pytest.approx(200, abs=5)
    assert np.bincount(data.targets[data.split.test]) == pytest.approx([100, 100], abs=5)
    assert not set(data.groups[data.split.train]) & set(data.groups[data.split.test])
    again = load(frame.sample(frac=1, random_state=0))
    digests = {data.table[int(row)]["digest"] for row in data.split.test}
    assert digests == {again.table[int(row)]["digest"] for row in again.split.test}
    other = load(frame, seed=1)
    assert other.split.test.tolist() != data.split.test.tolist()
    assert data.fingerprint == again.fingerprint == other.fingerprint


def test_nothing_is_set_apart_where_there_are_too_few_groups():
    frame = tweets(1000).assign(video_id=[f"v{number % 2 + 2 * (number // 500)}" for number in range(1000)])
    data = load(frame, group="video_id")
    assert len(set(data.groups.tolist())) == 4
    assert (data.split.origin, len(data.split.train), len(data.split.test)) == ("none", 1000, 0)
    assert [issue.code for issue in data.issues] == ["few_groups"]


def test_a_class_too_small_for_the_test_split_is_mentioned():
    frame = tweets(1000)
    frame.loc[:1, "label"] = "rare"
    data = load(frame)
    assert data.split.origin == "made"
    found = next(issue for issue in data.issues if issue.code == "untested_class")
    assert (found.severity, found.items) == ("warning", ("rare",))
    given = load(tweets(20).assign(split=["train", "train", "test", "train"] * 5))
    assert [issue.code for issue in given.issues] == ["untested_class"]


def test_the_training_data_are_no_test_data(photos):
    root = photos({"a": 3, "b": 3})
    with pytest.raises(UserError, match="Of 6 training items, 6 with a copy in the test split had to go"):
        load(root, test=root)


def test_the_fingerprint_depends_on_content_labels_and_the_given_split():
    frame = tweets(20)
    prints = {load(frame).fingerprint}
    for column, value in (("text", "another text"), ("label", "bad")):
        changed = frame.copy()
        changed.loc[0, column] = value
        prints.add(load(changed).fingerprint)
    prints.add(load(frame.assign(split=["train", "train", "test", "test"] * 5)).fingerprint)
    assert len(prints) == 4


def test_a_found_group_is_shown_and_a_dropped_one_is_not():
    frame = tweets(40).assign(patient_id=[f"p{number // 2}" for number in range(40)])
    data = load(frame)
    assert data.roles["group"] == "patient_id"
    assert len(set(data.groups.tolist())) == 20
    halves = [f"p{number // 4}" for number in range(40)]
    dropped = load(frame.assign(patient_id=halves, split=["train", "train", "test", "test"] * 10))
    assert "group" not in dropped.roles
    assert "group_dropped" in [issue.code for issue in dropped.issues]


def test_bad_files_are_named_and_left_out(photos, picture):
    root = photos({"cat": 10, "dog": 10})
    (root / "cat" / "zero.jpg").touch()
    (root / "dog" / "text.jpg").write_text("not a picture")
    raw = (root / "cat" / "0.png").read_bytes()
    (root / "dog" / "half.png").write_bytes(raw[: len(raw) // 2])
    (root / "dog" / "self.png").symlink_to(root / "dog" / "self.png")
    picture(100).save(root / "cat" / "fine.jpg", "PNG")
    data = load(root)
    assert len(data) == 21
    unreadable, odd = data.issues
    assert unreadable.items == ("cat/zero.jpg", "dog/half.png", "dog/self.png", "dog/text.jpg")
    assert (odd.code, odd.items) == ("wrong_extension", ("cat/fine.jpg",))


def test_all_kinds_of_bad_input_are_one_sentence_each(photos, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "latin.csv").write_bytes("text,label\ncafé au lait,1\n".encode("latin-1"))
    frame = tweets(10)
    cases = {
        "is empty; expected one folder per class": (tmp_path / "empty", {}),
        "All items are labelled 'cat' in 'one'": (photos({"cat": 3}, name="one"), {}),
        "'b' has 1. Add items": (photos({"a": 3, "b": 1}, name="single"), {}),
        "does not exist": (tmp_path / "nothing", {}),
        "has no column 'lable' to use as label. Did you mean 'label'?": (frame, {"label": "lable"}),
        "10 items of 10 without a label": (frame.assign(label=None), {"label": "label"}),
        "mix number (3) and text ('good')": (frame.assign(label=["good", 3] * 5), {}),
        "has the labels 'ugly', which no training item has": (frame, {"test": tweets(2, 1).assign(label="ugly")}),
        "is not UTF-8 (byte 0xe9 at offset 14, line 2)": (tmp_path / "latin.csv", {}),
        "looks like a measurement": (tweets(60).assign(label=np.linspace(0, 1, 60)), {}),
    }
    for said, (source, options) in cases.items():
        with pytest.raises(UserError) as caught:
            load(source, **options)
        assert said in str(caught.value)


def test_domains_are_numbered_by_name():
    frame = tweets(24)
    frame["shop"] = ["y", "x", "y", "z"] * 6
    data = load(frame, domain="shop")
    assert data.domain_names == ("x", "y", "z")
    assert data.domains.tolist() == [1, 0, 1, 2] * 6
    assert data.clusters.tolist() == data.domains.tolist()
    assert data.roles["domain"] == "shop"
    plain = load(tweets(24))
    assert (plain.domains, plain.domain_names) == (None, ())
    assert plain.clusters.tolist() == plain.groups.tolist()


def test_test_items_beside_the_data_have_no_domain():
    frame = tweets(24)
    frame["shop"] = ["x", "y"] * 12
    frame.loc[12:, "shop"] = ["y", "x"] * 6
    data = load(frame, domain="shop", test=tweets(6, start=1))
    assert data.domains[data.split.test].tolist() == [-1] * 6
    clusters = data.clusters[data.split.test]
    assert len(set(clusters.tolist())) == 6
    assert clusters.min() > 1


def test_a_split_that_is_made_parts_domains():
    frame = tweets(1200)
    frame["shop"] = [f"s{number % 60 // 2}" for number in range(1200)]
    data = load(frame, domain="shop")
    assert data.split.origin == "made"
    train, test = (set(data.domains[rows].tolist()) for rows in (data.split.train, data.split.test))
    assert not train & test


def test_a_test_table_may_name_domains_too():
    frame, test = tweets(24), tweets(6, start=1)
    frame["shop"] = ["x", "y"] * 12
    frame.loc[12:, "shop"] = ["y", "x"] * 6
    test["shop"] = ["x", "x", "z", "z", None, None]
    data = load(frame, domain="shop", test=test)
    assert data.domain_names == ("x", "y", "z")
    assert data.domains[data.split.test].tolist() == [0, 0, 2, 2, -1, -1]
    assert [each.items for each in data.issues if each.code == "seen_domains"] == [("x",)]
    data = load(frame, domain="shop", test=test.drop(columns="shop"))
    assert data.domains[data.split.test].tolist() == [-1] * 6
    (told,) = [each for each in data.issues if each.code == "unknown_domains"]
    assert told.message.endswith("are not known: scores there are not told domain by domain.")


def test_a_test_folder_is_laid_out_as_the_data_are(photos, tmp_path):
    root = photos({"data/n/a": 2, "data/n/b": 2, "data/s/a": 2, "data/s/b": 2, "new/w/a": 1, "new/w/b": 1})
    data = load(root / "data", domain="folders", test=root / "new")
    assert data.domain_names == ("n", "s", "w")
    assert data.domains[data.split.test].tolist() == [2, 2]
    frame = pd.DataFrame({"path": [str(root / "new/w/a/0.png"), str(root / "new/w/b/0.png")], "label": ["a", "b"]})
    data = load(root / "data", domain="folders", test=frame)
    assert data.domains[data.split.test].tolist() == [-1, -1]
    assert "unknown_domains" in {each.code for each in data.issues}
