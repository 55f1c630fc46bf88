"""The verbs of the public page: `load`, `rank`, `adapt`, `align`, `open`, and what they are looked up with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import catalog
from headstart.adapting import Adaptation, located, run
from headstart.asked import either, loaded, names, options_of, unlabelled
from headstart.core.backbone import BackboneInfo
from headstart.core.dataset import IN_MEMORY, NOUNS, Dataset, ReadBy, Unlabelled
from headstart.core.errors import UserError, nearest
from headstart.core.progress import Progress, Silent
from headstart.core.recipe import Recipe
from headstart.core.results import RankingRow
from headstart.core.settings import Setting, Value, settings_of
from headstart.pool import find, known, resolve
from headstart.ways import AUTO, strategy_for

if TYPE_CHECKING:
    from headstart.bundle.predictor import Predictor
    from headstart.core.domain_card import DomainComparison


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Pretrained models, best first by the cross-validated probe; ``primary`` names the metric."""

    rows: tuple[RankingRow, ...]
    primary: str

    def __str__(self) -> str:
        """A plain table."""
        wide = max([len(row.model) for row in self.rows] + [len("model")])
        lines = [f"{'model':<{wide}} {'prior':>6} {'kNN':>6} {'probe':>6}  95% interval"]
        for row in self.rows:
            knn = f"{row.knn.value:.3f}" if row.knn else "-"
            probe = f"{row.probe.value:.3f}" if row.probe else "-"
            spread = f"{row.probe.low:.3f} to {row.probe.high:.3f}" if row.probe else (row.skipped or "")
            lines.append(f"{row.model:<{wide}} {row.prior:>6.3f} {knn:>6} {probe:>6}  {spread}")
        return "\n".join(lines)


def load(
    source: Any,
    *,
    input: str | None = None,
    label: str | None = None,
    group: str | None = None,
    domain: str | None = None,
    test: Any = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Dataset:
    """Read and audit labelled items from a folder, a table, a DataFrame or a Hugging Face data set.

    Args:
        source: folder of class folders, CSV/TSV/Parquet/JSONL file, DataFrame, or Hugging Face ``Dataset``.
        input: column with the texts or image paths; inferred when not given.
        label: column with the classes; inferred when not given.
        group: column whose equal values must not straddle a split (patient, video, document).
        domain: column that says where an item comes from (site, camera, shop), or ``folders`` where the folders of a
            folder are domains and hold the class folders. Models are then scored on domains that they have not seen.
        test: a test set of any of these kinds; without one, splits in ``source`` are used.
        seed: seed of a split made here.
        progress: told what is going on.

    Raises:
        UserError: the data cannot be learnt from; the message says why and what to do.
    """
    from headstart.data._load import load as load_data

    columns = {"input": input, "label": label, "group": group, "domain": domain}
    found = load_data(source, **columns, test=test, seed=seed, progress=progress)
    test_source = "" if test is None else _path(test) or IN_MEMORY
    named = _named(**columns)
    return replace(found, source=_path(source), test_source=test_source, named=named)


def load_unlabelled(
    source: Any,
    *,
    input: str | None = None,
    group: str | None = None,
    like: ReadBy | None = None,
    progress: Progress | None = None,
) -> Unlabelled:
    """Read and check items without labels, those of the domain that `align` carries a model over to.

    Args:
        source: folder of files (in whatever folders they lie), CSV/TSV/Parquet/JSONL file, DataFrame, or Hugging Face
            ``Dataset``. Labels that it may have are not read.
        input: column with the texts or image paths; inferred when not given.
        group: column whose equal values belong together, and count once.
        like: what `load` returned of the labelled data: a table is read by the same columns where none are named here.
        progress: told what is going on.

    Raises:
        UserError: nothing can be read, or too much cannot be used.
    """
    from headstart.data._load_unlabelled import load_unlabelled as load_items

    found = load_items(source, input=input, group=group, like=like, progress=progress)
    return replace(found, source=_path(source), named=_named(input=input, group=group))


def load_few(
    source: Any,
    *,
    input: str | None = None,
    label: str | None = None,
    group: str | None = None,
    like: ReadBy | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Read and check a few labelled items of the domain that `align` carries a model over to, for its ``labelled``.

    Nothing is learnt from them, so that every item that can be read is kept: a class may have one item or none.

    Args:
        source: folder of class folders, CSV/TSV/Parquet/JSONL file, DataFrame, or Hugging Face ``Dataset``. Classes are
            called as in the labelled data of the other domain.
        input: column with the texts or image paths; inferred when not given.
        label: column with the classes; inferred when not given.
        group: column whose equal values belong together, and count once.
        like: what `load` returned of the labelled data: a table is read by the same columns where none are named here.
        progress: told what is going on.

    Raises:
        UserError: nothing can be read, or too much cannot be used.
    """
    from headstart.data._load_few import load_few as load_items

    found = load_items(source, input=input, label=label, group=group, like=like, progress=progress)
    return replace(found, source=_path(source), named=_named(input=input, label=label, group=group))


def rank(
    data: Dataset,
    *,
    pool: Sequence[str] = (),
    licence: str = "any",
    seed: int = 0,
    budget: str = "standard",
    progress: Progress | None = None,
) -> Ranking:
    """Measure every model of the pool on the training items: kNN, a cross-validated probe, transferability scores.

    ``licence="permissive"`` leaves out models whose licence restricts their use or is not known.

    Raises:
        UserError: unknown names, or models that do not suit the data.
        Unavailable: weights that cannot be fetched.
    """
    from headstart.engine.adapt import rank_only

    options = options_of(loaded(data), Recipe(pool=names(pool), licence=licence, seed=seed, budget=budget))
    return Ranking(rows=rank_only(data, options, progress or Silent()), primary=options.task.primary)


def compare_domains(
    data: Dataset,
    target: Unlabelled | None = None,
    *,
    model: str = "auto",
    licence: str = "any",
    seed: int = 0,
    progress: Progress | None = None,
) -> DomainComparison:
    """Whether a test split that came with ``data``, and items of a ``target`` without labels, are of their domain.

    Up to 400 items of each side are looked at by a pretrained model, the most promising one or ``model``; nothing is
    learnt. See docs/domains.md for what the numbers mean.

    Raises:
        UserError: nothing to compare with, items of another kind, too few of them, or unknown names.
        Unavailable: weights that cannot be fetched.
    """
    from headstart.data._preview import preview
    from headstart.engine.domain_comparison import compared_domains

    recipe = Recipe(model=model, licence=licence, seed=seed)
    to = None if target is None else unlabelled(target)
    options = options_of(loaded(data), recipe, scored=False)
    return compared_domains(data, to, options, preview, progress or Silent())


def adapt(
    data: Dataset,
    *,
    out: str | Path | None = None,
    task: str = "classification",
    model: str = "auto",
    pool: Sequence[str] = (),
    licence: str = "any",
    strategy: str = "auto",
    settings: Mapping[str, Value] | None = None,
    budget: str = "standard",
    seed: int = 0,
    recipe: Recipe | None = None,
    progress: Progress | None = None,
) -> Adaptation:
    """Find the best adapted model and prove it.

    A run folder that holds this very run, finished, is not computed again: its results come back at once.

    Args:
        data: what `load` returned.
        out: the run folder; written when done, and where an interrupted run resumes.
        task: kind of prediction.
        model: a model's name, or ``auto``.
        pool: the models to choose from, or ``curated``; empty for all that suit.
        licence: ``any``, or ``permissive`` for models that are known to allow any use.
        strategy: a strategy's name, or ``auto``.
        settings: hyper-parameters of that strategy by name; ``headstart strategies NAME`` explains them.
        budget: ``quick``, ``standard``, ``thorough``, or a duration such as ``5m``.
        seed: seed of folds, initialisations and the order of items.
        recipe: stands for ``task`` to ``seed``, none of which may then be given (and is saved with the run, its paths
            and columns those that ``data`` came from).
        progress: told what is going on.

    Raises:
        UserError: names that are not known, or a combination that cannot work; all problems at once. Or another
            process is at work in ``out``.
        Unavailable: weights that cannot be fetched, or no room on the disk.
    """
    options = Recipe(
        roles=dict(loaded(data).named),
        task=task,
        model=model,
        pool=names(pool),
        licence=licence,
        strategy=strategy,
        settings=dict(settings or {}),
        budget=budget,
        seed=seed,
    )
    asked = either(recipe, options, Recipe())
    if asked.method:
        raise UserError(f"The recipe has method '{asked.method}': give it to align, with a target.")
    chosen = options_of(data, located(asked, data))
    return run(data, chosen, None if out is None else Path(out), progress or Silent())


def align(  # noqa: D417 - `adapt` explains them
    data: Dataset | str | Path,
    target: Unlabelled,
    *,
    labelled: Dataset | None = None,
    test: Dataset | None = None,
    out: str | Path | None = None,
    method: str = AUTO,
    strategy: str | None = None,
    settings: Mapping[str, Value] | None = None,
    model: str = AUTO,
    pool: Sequence[str] = (),
    licence: str = "any",
    budget: str = "standard",
    seed: int = 0,
    recipe: Recipe | None = None,
    progress: Progress | None = None,
) -> Adaptation:
    """Adapt a model of labelled data to a domain without labels, or keep it where adapting looks harmful.

    The best model is found as `adapt` does, with its body frozen. Then methods of domain adaptation give it other
    heads, also with BatchNorm statistics of each domain's own; a guard takes what they agree on, or keeps the model as
    it was: ``results.across`` says why. Methods that train the body are asked for by name.

    Args:
        data: what `load` returned; a test set of the target's domain (``test=``) lets the report say what was gained.
            Or the folder of a finished run, whose data may be gone: it keeps features of them.
        target: what `load_unlabelled` returned.
        labelled: what `load_few` returned of other items of that domain: ways are chosen by them, nothing is fitted.
        test: what `load_few` returned of further items of that domain, to score on; with a finished run only.
        out: the run folder; written when done, and where an interrupted run resumes.
        method: the way across by name, taken whatever the guard says; or ``auto``.
        strategy: what a method that trains the body trains; None for the last block.
        settings: hyper-parameters of the method by name or, if it has none of that name, of the strategy.
        model, pool, licence, budget, seed: as `adapt` has them; a finished run brings all but the last.
        recipe: stands for ``method`` to ``seed``, none of which may then be given.
        progress: told what is going on.

    Raises:
        UserError: unknown names, what cannot work (all problems at once), or another process at work in ``out``.
        Unavailable: weights that cannot be fetched, or no room on the disk.
    """
    from headstart.finished import Target, aligned

    options = Recipe(
        roles={} if isinstance(data, str | Path) else dict(loaded(data).named),
        model=model,
        pool=names(pool),
        licence=licence,
        strategy=strategy or strategy_for(method),
        settings=dict(settings or {}),
        budget=budget,
        seed=seed,
        method=method,
    )
    asked = either(recipe, options, Recipe(strategy=strategy_for(method), method=AUTO))
    if not asked.method:
        raise UserError("The recipe has no method: give it one, such as 'auto', or give the recipe to adapt.")
    there = Target(items=unlabelled(target), labelled=labelled, test=test)
    return aligned(data, there, asked, None if out is None else Path(out), progress or Silent())


def open(run: str | Path) -> Predictor:
    """The `Predictor` of a run folder.

    Raises:
        UserError: there is no such run.
        Unavailable: a file in it is missing or damaged.
    """
    from headstart.bundle.predictor import Predictor

    return Predictor.open(Path(run))


def models(modality: str | None = None) -> tuple[tuple[BackboneInfo, bool], ...]:
    """Every known model (of one modality), and whether it is in the local store.

    Raises:
        UserError: the modality is not known.
    """
    if modality is not None and modality not in NOUNS:
        raise UserError(f"There are no models for '{modality}'. {nearest(modality, NOUNS)}")
    return tuple(
        (member.info, member.source.in_store(member.info))
        for member in known()
        if modality is None or member.info.modality == modality
    )


def pull(name: str, *, progress: Progress | None = None) -> BackboneInfo:
    """Fetch a model into the local store, and say what is known of it then: some facts come with the files.

    Raises:
        UserError: the name is not known.
        Unavailable: it cannot be fetched, or what arrived is not what was pinned.
    """
    return find(name).pulled(progress or Silent()).info


def named(called: Sequence[str]) -> tuple[BackboneInfo, ...]:
    """What is known of the models called so; ``curated`` stands for all of that pool.

    Raises:
        UserError: names that are not known, all of them.
    """
    return tuple(member.info for member in resolve(AUTO, called, None))


def strategies() -> tuple[tuple[str, str], ...]:
    """Every strategy's name and one-line summary."""
    return tuple((name, catalog.strategies.get(name).summary) for name in catalog.strategies.names())


def settings(strategy: str) -> tuple[Setting, ...]:
    """The hyper-parameters of a strategy, with their defaults and meanings.

    Raises:
        UserError: the name is not known.
    """
    return settings_of(catalog.strategies.get(strategy)())


def methods() -> tuple[tuple[str, str], ...]:
    """Name and one-line summary of every way across to another domain, those that `align` takes as ``method``."""
    return tuple((name, catalog.domains.get(name).summary) for name in catalog.domains.names())


def method_settings(method: str) -> tuple[Setting, ...]:
    """The hyper-parameters of a way across, with their defaults and meanings.

    Raises:
        UserError: the name is not known.
    """
    return settings_of(catalog.domains.get(method)())


def _named(**roles: str | None) -> dict[str, str]:
    """Columns that were named, by the part they play."""
    return {role: column for role, column in roles.items() if column}


def _path(source: Any) -> str:
    return str(Path(source).absolute()) if isinstance(source, (str, Path)) else ""
