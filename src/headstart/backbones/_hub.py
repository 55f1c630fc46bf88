"""Files from a model hub, through ``huggingface_hub``: its cache, mirror (``HF_ENDPOINT``), token and offline switch
(``HF_HUB_OFFLINE``) are the user's own and honoured. Only JSON, vocabularies and safetensors are ever asked for.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from headstart.backbones._resume import resumed
from headstart.backbones._store import sha256_of
from headstart.backbones._watch import watching
from headstart.core.backbone import BackboneInfo
from headstart.core.errors import Unavailable
from headstart.core.licences import NOT_STATED, UNSTATED
from headstart.core.progress import Progress

WEIGHTS = "model.safetensors"
MAIN = "main"
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Repository:
    """One revision of one hub repository: ``name`` is the model's name in messages, ``commit`` what ``revision``
    stands for, ``bytes`` and ``sha256`` those of its weights (empty where the hub states none), ``cached`` whether
    they are in the user's hub cache, ``licence`` what its card states (empty: nothing, or the hub could not be asked).
    """

    name: str
    repo: str
    commit: str
    bytes: int
    sha256: str
    cached: bool
    licence: str = ""


def look_up(name: str, repo: str, revision: str) -> Repository:
    """Ask the hub for the weights of ``repo`` without fetching them; its cache answers if the hub cannot.

    Raises:
        Unavailable: no such repository or revision, no safetensors weights, no permission, or no network.
    """
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url

    try:
        # One attempt: hf_hub_download would try for half a minute before it says that there is no network.
        with _explained(name, repo, WEIGHTS):
            url = hf_hub_url(repo, WEIGHTS, revision=revision)
            stated = get_hf_file_metadata(url, timeout=constants.HF_HUB_ETAG_TIMEOUT)
    except Unavailable:
        held = cached_file(repo, WEIGHTS, revision)
        if held is None:
            raise
        size, commit = held.stat().st_size, held.parent.name
        return Repository(name=name, repo=repo, commit=commit, bytes=size, sha256="", cached=True)
    commit = stated.commit_hash or revision
    return Repository(
        name=name,
        repo=repo,
        commit=commit,
        bytes=stated.size or 0,
        sha256=stated.etag if stated.etag and SHA256.fullmatch(stated.etag) else "",
        cached=cached_file(repo, WEIGHTS, commit) is not None,
        licence=_licence(repo, commit),
    )


def _licence(repo: str, commit: str) -> str:
    """What the card of the model states; a hub that says nothing of it has none to refuse."""
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import HfHubHTTPError

    try:
        card = (
            HfApi(endpoint=constants.ENDPOINT)
            .model_info(repo, revision=commit, timeout=constants.HF_HUB_ETAG_TIMEOUT)
            .card_data
        )
    except (*_bases(HfHubHTTPError), ValueError):
        return ""
    stated = None if card is None else card.get("license")
    if stated == "other":
        stated = card.get("license_name") if card is not None else None
    return stated if isinstance(stated, str) else ""


def licence(info: BackboneInfo, repository: Repository) -> str:
    """That of a model which has arrived: as it was known, or else as the hub states it."""
    return repository.licence if info.licence in (UNSTATED, NOT_STATED) and repository.licence else info.licence


def take_weights(repository: Repository, downloads: Path, progress: Progress, *, expected: str = "") -> Path:
    """The weights, fetched into the folder ``downloads`` unless the hub's cache has them; ``expected`` is their SHA-256
    if known. A fetch that fails leaves there what has arrived, and the next one goes on from it.

    Raises:
        Unavailable: they cannot be fetched, or their SHA-256 is not the one stated.
    """
    downloads.mkdir(parents=True, exist_ok=True)
    with watching(downloads, repository.bytes, f"Fetching {repository.name}", progress):
        path = take(repository, WEIGHTS, downloads) if repository.cached else _fetch(repository, downloads)
    digest = sha256_of(path)
    for wanted in (expected, repository.sha256):
        if wanted and digest != wanted:
            if not repository.cached:
                path.unlink()
            raise Unavailable(
                f"{repository.name} was not stored: {WEIGHTS} has SHA-256 {digest[:12]}..., expected {wanted[:12]}.... "
                f"The download is damaged or not the checked file. Try again with: headstart models pull "
                f"{repository.name}"
            )
    return path


def _fetch(repository: Repository, downloads: Path) -> Path:
    from huggingface_hub import hf_hub_url

    # Named by content or revision, so that the beginning of another file is not gone on with.
    folder = downloads / (repository.sha256 or repository.commit)
    url = hf_hub_url(repository.repo, WEIGHTS, revision=repository.commit)
    try:
        with _explained(repository.name, repository.repo, WEIGHTS, but=FileNotFoundError), _quiet():
            return resumed(url, folder, WEIGHTS, repository.bytes)
    except FileNotFoundError as error:
        raise Unavailable(
            f"{repository.name} was fetched by another process meanwhile; run the command again."
        ) from error


def take(repository: Repository, file: str, scratch: Path) -> Path:
    """One file of the repository.

    Raises:
        Unavailable: it cannot be fetched.
    """
    from huggingface_hub import hf_hub_download

    folder = None if repository.cached else scratch / "hub"
    with _explained(repository.name, repository.repo, file), _quiet():
        return Path(hf_hub_download(repository.repo, file, revision=repository.commit, cache_dir=folder))


def take_if_there(repository: Repository, files: Sequence[str], scratch: Path) -> dict[str, Path]:
    """Those of ``files`` that the repository has, by name; offline, those that the hub's cache holds.

    Raises:
        Unavailable: one is there and cannot be fetched.
    """
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    taken = {}
    for file in files:
        try:
            taken[file] = take(repository, file, scratch)
        except Unavailable as error:
            unasked = isinstance(error.__cause__, LocalEntryNotFoundError) and not repository.cached
            if not isinstance(error.__cause__, EntryNotFoundError) or unasked:
                raise
    return taken


def cached_file(repo: str, file: str, revision: str) -> Path | None:
    """The file in the user's hub cache; None if it is not there. Never touches the network."""
    from huggingface_hub import try_to_load_from_cache

    try:
        found = try_to_load_from_cache(repo, file, revision=revision)
    except ValueError:  # no possible name of a repository
        return None
    return Path(found) if isinstance(found, str) else None


def split_revision(identifier: str) -> tuple[str, str]:
    """``name`` and revision of ``name@revision``; the revision is ``main`` where none is given."""
    name, _, revision = identifier.partition("@")
    return name, revision or MAIN


@contextmanager
def _explained(name: str, repo: str, file: str, but: type[Exception] | tuple[()] = ()) -> Iterator[None]:
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except but:
        raise
    except (*_bases(HfHubHTTPError), ValueError) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        answered = isinstance(error.__cause__, HfHubHTTPError)
        raise Unavailable(_sentence(name, repo, file, error.__cause__ if answered else error)) from error


def _bases(error: type[Exception]) -> tuple[type[Exception], ...]:
    """They include the HTTP library's own error, which a connection that breaks in the middle of a file raises bare,
    and OSError. The library itself has changed between releases of huggingface_hub.
    """
    return cast("tuple[type[Exception], ...]", error.__bases__)


def _sentence(name: str, repo: str, file: str, error: BaseException | None) -> str:
    from huggingface_hub import constants, errors

    endpoint = constants.ENDPOINT
    match error:
        case errors.GatedRepoError():
            why = f"{repo} asks for its terms to be accepted. Do so at {endpoint}/{repo} and log in with: hf auth login"
        case errors.RepositoryNotFoundError():
            why = f"{endpoint} has no public model {repo}. Check the name, or log in with: hf auth login"
        case errors.RevisionNotFoundError():
            why = f"{repo} has no such revision. Leave the @revision out of the name for the newest"
        case errors.RemoteEntryNotFoundError() if file == WEIGHTS:
            why = f"{repo} publishes no {WEIGHTS}, and headstart reads weights from safetensors only. Choose another"
        case errors.RemoteEntryNotFoundError():
            why = f"{repo} has no file {file}"
        case errors.HfHubHTTPError() if error.response is not None and error.response.status_code == 429:
            why = f"{endpoint} is asked too often from here. Wait some minutes, or log in with: hf auth login"
        case errors.HfHubHTTPError() if error.response is not None:
            why = f"{endpoint} answered {error.response.status_code} for {file} of {repo}"
        case errors.HFValidationError():
            why = f"'{repo}' is no name of a hub model"
        case _ if "Timeout" in type(error).__name__:
            why = (
                f"{endpoint} did not answer in time. Try again later, or allow it more seconds with "
                "HF_HUB_ETAG_TIMEOUT and HF_HUB_DOWNLOAD_TIMEOUT"
            )
        case _ if constants.is_offline_mode():
            why = f"HF_HUB_OFFLINE is set and the hub's cache does not hold {repo}"
        case _:
            why = (
                f"{endpoint} cannot be reached. Check the network, or name a mirror in HF_ENDPOINT, then run: "
                f"headstart models pull {name}"
            )
    return f"{name} could not be fetched: {why}."


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars but ours; afterwards the user's setting holds again."""
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    if are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()
