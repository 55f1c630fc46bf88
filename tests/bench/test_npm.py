import hashlib
import shlex
import sys

import pytest

from bench import _npm
from headstart.core.errors import Unavailable


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """An npm that packs the bytes ``art``, or fails; returns the file that notes its calls."""
    monkeypatch.setenv("HEADSTART_HOME", str(tmp_path / "home"))
    notes = tmp_path / "calls"

    def make(code: str):
        script = f"open({str(notes)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n'); {code}"
        monkeypatch.setattr(_npm, "_npm", lambda: [sys.executable, "-c", f"import sys; {script}"])
        return notes

    return make


PACKS = "open('art-1.0.tgz', 'wb').write(b'art')"
PINNED = hashlib.sha256(b"art").hexdigest()


def test_a_package_is_fetched_once(npm):
    notes = npm(PACKS)
    assert _npm.packed("art", "1.0", PINNED).read_bytes() == b"art"
    assert _npm.packed("art", "1.0", PINNED).read_bytes() == b"art"
    assert [shlex.split(line) for line in notes.read_text().splitlines()] == [["pack", "--silent", "art@1.0"]]


def test_another_package_than_the_pinned_one_is_refused_and_not_kept(npm, tmp_path):
    npm(PACKS)
    with pytest.raises(Unavailable, match=r"art@1\.0 was not unpacked: .*expected 000000000000"):
        _npm.packed("art", "1.0", "0" * 64)
    assert list((tmp_path / "home").rglob("*.tgz")) == []


def test_what_npm_says_is_passed_on(npm):
    npm("sys.exit('no network')")
    with pytest.raises(
        Unavailable, match=r"npm could not fetch art@1\.0: no network\. Check that npm reaches its registry"
    ):
        _npm.packed("art", "1.0", PINNED)


def test_without_npm_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(_npm.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(_npm.shutil, "which", lambda name: None)
    with pytest.raises(Unavailable, match="Fetching the emoji needs npm"):
        _npm._npm()
