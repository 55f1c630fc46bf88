"""From names to models: one model, a named pool, or every model that suits the data and can be had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from headstart.catalog import sources
from headstart.core.backbone import BackboneInfo, Source
from headstart.core.dataset import Modality
from headstart.core.errors import UserError, nearest
from headstart.engine.options import PoolMember


def known() -> list[PoolMember]:
    """Every model some source knows by heart, by source and name; no network."""
    members = []
    for name in sources.names():
        source = sources.get(name)()
        members += [PoolMember(source=source, info=info) for info in source.infos()]
    return members


def find(name: str) -> PoolMember:
    """The model called ``source:identifier``, or ``identifier`` alone where only one source has it.

    Raises:
        UserError: no source knows it (the nearest name is offered), or several do.
    """
    prefix, colon, identifier = name.partition(":")
    if colon and prefix in sources.names():
        found = _in(sources.get(prefix)(), identifier)
        if found is not None:
            return found
        raise UserError(f"Source '{prefix}' has no model '{identifier}'. {nearest(name, _names())}")
    matches = [member for member in known() if member.info.name.partition(":")[2] == name]
    if len(matches) == 1:
        return matches[0]
    if matches:
        choices = " or ".join(f"'{member.info.name}'" for member in matches)
        raise UserError(f"Several sources have a model '{name}': say {choices}.")
    full = nearest(name, [*_names(), *(n.partition(":")[2] for n in _names())])
    raise UserError(f"Unknown model '{name}'. {full} `headstart models` lists them.")


def resolve(model: str, pool: Sequence[str], modality: Modality | None) -> tuple[PoolMember, ...]:
    """The models a run may choose from.

    ``model`` other than ``auto`` names the only one; else ``pool`` names several; else all packaged models of the
    modality and whatever else of it is in the store.

    Raises:
        UserError: names that are not known (all of them), or both a model and a pool were named.
    """
    if model != "auto" and pool:
        raise UserError(f"Both --model {model} and --pool were given: a model leaves nothing to choose. Drop one.")
    names = [model] if model != "auto" else list(pool)
    if names:
        found, problems = [], []
        for name in dict.fromkeys(names):
            try:
                found.append(find(name))
            except UserError as error:
                problems += error.problems
        if problems:
            raise UserError(*problems)
        return tuple(_taken_at_its_word(member, modality) for member in found)
    return tuple(
        member
        for member in known()
        if member.info.modality == modality
        and (member.info.source == "packaged" or member.source.in_store(member.info))
    )


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
