"""From names to models: one model, a named pool, or every model that suits the data and can be had."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from headstart.backbones._joined import SIGN, Joined
from headstart.catalog import sources
from headstart.core.backbone import BackboneInfo, Source
from headstart.core.dataset import Modality
from headstart.core.errors import UserError, nearest
from headstart.core.licences import WANTED, is_permissive, is_stated
from headstart.engine.options import PoolMember

CURATED = "curated-2026-11"
"""All models that some source knows by heart, with an accuracy published by November 2026."""
POOLS = (CURATED, "curated")
"""Names for `CURATED` in a pool; the one without a date is the newest."""


def known() -> list[PoolMember]:
    """Every model some source knows by heart, by source and name; no network."""
    members = []
    for name in sources.names():
        source = sources.get(name)()
        members += [PoolMember(source=source, info=info) for info in source.infos()]
    return members


def find(name: str) -> PoolMember:
    """The model called ``source:identifier``, or ``identifier`` alone where only one source has it; several of them
    with a ``+`` between their names are joined into one.

    Raises:
        UserError: no source knows it (the nearest name is offered), or several do, or models cannot be joined.
    """
    parts = parts_of(name)
    if len(parts) > 1:
        members = [find(part) for part in parts]
        joined = Joined([(member.source, member.info) for member in members])
        return PoolMember(source=joined, info=joined.info)
    prefix, colon, identifier = name.partition(":")
    if colon and prefix in sources.names():
        found = _in(sources.get(prefix)(), identifier)
        if found is not None:
            return found
        takes = sources.get(prefix).takes
        advice = f"It takes {takes}." if takes else nearest(name, [n for n in _names() if n.startswith(f"{prefix}:")])
        raise UserError(f"Source '{prefix}' has no model '{identifier}'. {advice}")
    matches = [member for member in known() if member.info.name.partition(":")[2] == name]
    if len(matches) == 1:
        return matches[0]
    if matches:
        choices = " or ".join(f"'{member.info.name}'" for member in matches)
        raise UserError(f"Several sources have a model '{name}': say {choices}.")
    full = nearest(name, [*_names(), *(n.partition(":")[2] for n in _names())])
    raise UserError(f"Unknown model '{name}'. {full} `headstart models` lists them.")


def parts_of(name: str) -> list[str]:
    """The names that ``name`` joins; a ``+`` before anything but the start of a name belongs to a folder's path."""
    starts = "|".join(re.escape(source) for source in sources.names())
    return re.split(rf"{re.escape(SIGN)}(?=(?:{starts}):)" if ":" in name else re.escape(SIGN), name)


def resolve(model: str, pool: Sequence[str], modality: Modality | None, licence: str = "any") -> tuple[PoolMember, ...]:
    """The models a run may choose from.

    ``model`` other than ``auto`` names the only one; else ``pool`` names several, `CURATED` among them for all that are
    known by heart; else all packaged models of the modality with a published accuracy, and whatever else of it is in
    the store. Where ``licence`` is ``permissive``, those with another are left out, or refused if they are named.

    Raises:
        UserError: names that are not known and licences that will not do (all of them), or both a model and a pool were
            named.
    """
    if model != "auto" and pool:
        raise UserError(f"Both --model {model} and --pool were given: a model leaves nothing to choose. Drop one.")
    if licence not in WANTED:
        raise UserError(f"Licence '{licence}' is not a choice; give {' or '.join(WANTED)}.")
    names = [model] if model != "auto" else [name for name in pool if name not in POOLS]
    found, problems = list[PoolMember](), list[str]()
    for name in dict.fromkeys(names):
        try:
            member = replace(_licensed(find(name), licence), named=True)
            found.append(_taken_at_its_word(member, modality))
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(*problems)
    if any(name in POOLS for name in pool):
        found += [member for member in known() if member.info.prior and _suits(member, modality, licence)]
    elif not names:
        found += [
            member
            for member in known()
            if _suits(member, modality, licence)
            and ((member.info.source == "packaged" and member.info.prior) or member.source.in_store(member.info))
        ]
    return tuple({member.info.name: member for member in found}.values())


def _suits(member: PoolMember, modality: Modality | None, licence: str) -> bool:
    return modality in (None, member.info.modality) and (licence == "any" or is_permissive(member.info.licence))


def _licensed(member: PoolMember, licence: str) -> PoolMember:
    if licence == "any" or is_permissive(member.info.licence):
        return member
    name, stated = member.info.name, member.info.licence
    known = f" `headstart models pull {name}` records what its publisher states." if not is_stated(stated) else ""
    raise UserError(f"{name} is not known to have a permissive licence ('{stated}'): choose another model.{known}")


def _in(source: Source, identifier: str) -> PoolMember | None:
    info: BackboneInfo | None = source.find(identifier)
    return None if info is None else PoolMember(source=source, info=info)


def _taken_at_its_word(member: PoolMember, modality: Modality | None) -> PoolMember:
    """A model of which nothing is known before it is fetched (no width) is one of ``modality`` until then."""
    if member.info.dim or modality is None:
        return member
    return replace(member, info=replace(member.info, modality=modality))


def _names() -> list[str]:
    return [member.info.name for member in known()]
