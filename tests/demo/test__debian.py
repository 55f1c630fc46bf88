from pathlib import Path

import pytest

from headstart.core.errors import Unavailable
from headstart.core.progress import Silent
from headstart.demo import _debian
from headstart.demo._debian import MARK, fetched, members
from tests.demo.debs import DEB, member, packed, published

APT = """#!/bin/sh
echo called >> "$0.log"
[ "$1 $2" = "download some-sounds=1.0-1" ] || exit 3
cp "{source}" some-sounds_1.0-1_all.deb
"""


@pytest.fixture(autouse=True)
def _server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Debian's server is a folder, and there is no apt unless a test brings one."""
    monkeypatch.setattr(_debian, "POOL", (tmp_path / "pool").as_uri())
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def with_apt(folder: Path, script: str) -> Path:
    command = folder / "bin" / "apt-get"
    command.parent.mkdir()
    command.write_text(script.replace("cp ", "/bin/cp "))
    command.chmod(0o755)
    return command


def test_a_package_is_fetched_once_and_read(tmp_path: Path):
    deb = published(tmp_path / "pool", packed({"usr/share/a.wav": b"odd", "b": b""}, {"usr/share/c.wav": "a.wav"}))
    path = fetched(deb, tmp_path / "kept", Silent())
    assert dict(members(path)) == {"usr/share/a.wav": b"odd", "b": b""}
    (tmp_path / "pool/s/sounds" / deb.file).unlink()
    assert fetched(deb, tmp_path / "kept", Silent()) == path


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz"])
def test_packages_are_read_whatever_compresses_them(compression: str, tmp_path: Path):
    path = tmp_path / "a.deb"
    path.write_bytes(packed({"a": b"1"}, compression=compression))
    assert list(members(path)) == [("a", b"1")]


def test_apt_is_asked_first(tmp_path: Path):
    raw = packed({"a": b"1"})
    deb = published(tmp_path / "elsewhere", raw)
    command = with_apt(tmp_path, APT.format(source=tmp_path / "elsewhere/s/sounds" / deb.file))
    assert fetched(deb, tmp_path / "kept", Silent()).read_bytes() == raw
    assert Path(f"{command}.log").read_text() == "called\n"


def test_debians_server_is_asked_where_apt_has_it_not(tmp_path: Path):
    deb = published(tmp_path / "pool", packed({"a": b"1"}))
    with_apt(tmp_path, "#!/bin/sh\nexit 100\n")
    assert fetched(deb, tmp_path / "kept", Silent()).is_file()


def test_what_nobody_has_is_said(tmp_path: Path):
    with pytest.raises(Unavailable, match=r"some-sounds_1\.0-1_all\.deb could not be fetched: .*\. Try again"):
        fetched(DEB, tmp_path / "kept", Silent())
    assert list((tmp_path / "kept").iterdir()) == []


def test_another_package_is_refused_and_not_kept(tmp_path: Path):
    published(tmp_path / "pool", packed({"a": b"1"}))
    with pytest.raises(Unavailable, match=r"could not be fetched: .*what arrived has SHA-256 .*, expected \.\.\."):
        fetched(DEB, tmp_path / "kept", Silent())
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_damaged_package_is_fetched_again(tmp_path: Path):
    deb = published(tmp_path / "pool", packed({"a": b"1"}))
    path = fetched(deb, tmp_path / "kept", Silent())
    path.write_bytes(b"torn")
    assert list(members(fetched(deb, tmp_path / "kept", Silent()))) == [("a", b"1")]


def test_debians_server_is_asked_where_apt_has_another_build(tmp_path: Path):
    other = published(tmp_path / "elsewhere", packed({"a": b"other"}))
    deb = published(tmp_path / "pool", packed({"a": b"1"}))
    with_apt(tmp_path, APT.format(source=tmp_path / "elsewhere/s/sounds" / other.file))
    assert list(members(fetched(deb, tmp_path / "kept", Silent()))) == [("a", b"1")]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"MZ", "is no Debian package"),
        (MARK + member("debian-binary", b"2.0\n"), "holds no files"),
        (MARK + member("data.tar.zst", b"(\xb5/\xfd"), "is compressed in a way that cannot be read"),
    ],
    ids=["other", "empty", "zstandard"],
)
def test_what_is_no_package_is_refused(raw: bytes, reason: str, tmp_path: Path):
    path = tmp_path / "a.deb"
    path.write_bytes(raw)
    with pytest.raises(Unavailable, match=reason):
        list(members(path))
