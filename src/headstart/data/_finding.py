"""What was found out about one item by looking at it, and how that is written down for the next scan."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One item. ``problem`` says why it cannot be used, else None; ``digest`` is the SHA-256 of its bytes.

    Images only: ``size`` is (width, height) upright, ``pixels`` the SHA-256 of it and of the RGB pixels, ``look`` see
    `headstart.data._looks.look`, ``odd`` see `headstart.data._audit.ODDITIES`. Large JPEGs are looked at, and digested,
    at a reduced scale, which gives ``reduced``. Their ``pixels`` are empty but where that leaves a doubt: where another
    file has an equal ``reduced``, and where they are nearly blank. A copy of one in another format, equal in every
    pixel, is found by its look.

    Sounds: ``seconds`` they last, ``rate`` in Hz, ``pixels`` the SHA-256 of rate and samples, ``look`` see
    `headstart.data._near_clips.fingerprint`.
    """

    digest: str = ""
    problem: str | None = None
    odd: tuple[str, ...] = ()
    pixels: str = ""
    reduced: str = ""
    size: tuple[int, int] = (0, 0)
    look: bytes = b""
    seconds: float = 0.0
    rate: int = 0

    @property
    def facts(self) -> str:
        """All but ``digest`` and ``look``, as JSON."""
        return json.dumps([self.problem, self.odd, self.pixels, self.reduced, self.size, self.seconds, self.rate])

    @staticmethod
    def recalled(digest: str, facts: str, look: bytes) -> Finding:
        """The finding that gave ``facts`` and ``look``."""
        problem, odd, pixels, reduced, (width, height), seconds, rate = json.loads(facts)
        return Finding(
            digest=digest,
            problem=problem,
            odd=tuple(odd),
            pixels=pixels,
            reduced=reduced,
            size=(width, height),
            look=look,
            seconds=seconds,
            rate=rate,
        )
