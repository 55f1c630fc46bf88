"""The verbs of the public page: `load`, `rank`, `adapt`, `open`, and what they are looked up with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import catalog
from headstart.candidates import candidates, paced
from headstart.core.backbone import BackboneInfo
from headstart.core.dataset import Dataset, Modality
from headstart.core.errors import UserError, together
from headstart.core.home import home
from headstart.core.progress import Progress, Silent
from headstart.core.recipe import Budget, Recipe
from headstart.core.results import RankingRow, Results
from headstart.core.settings import Setting, Value, settings_of
from headstart.core.strategy import FeatureStrategy
from headstart.core.training import InputStrategy
from headstart.pool import find, known, resolve

if TYPE_CHECKING:
    from headstart.bundle.predictor import Predictor
    from headstart.engine.adapted import Adapted
    from headstart.engine.options import Options, PoolMember

PROBE = "linear_probe"
SCRATCH = "scratch"


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


class Adaptation:
    """An adapted model with its evidence: what `adapt` returns."""

    def __init__(self, results: Results, recipe: Recipe, source: Adapted | Path) -> None:
        """``source`` is the model and all that belongs to it, or the run folder it lies in."""
        self.results = results
        """Every number of the report."""
        self.recipe = recipe
        """What was asked for."""
        self._source = source

    def save(self, folder: str | Path) -> Path:
        """Write the run folder: report, results, recipe, model. Returns its path.

        Raises:
            UserError: the folder holds something else, or another process is at work there.
            Unavailable: the disk is too full.
        """
        from headstart.run_claim import claim, held
        from headstart.run_folder import copy, write

        path = Path(folder)
        with held(path, Silent()):
            claim(path, self.recipe, self.results.data.fingerprint)
            return copy(self._source, path) if isinstance(self._source, Path) else write(self._source, path)

    def __str__(self) -> str:
        return self.results.headline

    def __repr__(self) -> str:
        return f"<Adaptation: {self.results.headline}>"


def load(
    source: Any,
    *,
    input: str | None = None,
    label: str | None = None,
    group: str | None = None,
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
        test: a test set of any of these kinds; without one, splits in ``source`` are used.
        seed: seed of a split made here.
        progress: told what is going on.

    Raises:
        UserError: the data cannot be learnt from; the message says why and what to do.
    """
    from headstart.data._load import load as load_data

    loaded = load_data(source, input=input, label=label, group=group, test=test, seed=seed, progress=progress)
    given = {"input": input, "label": label, "group": group}
    named = {role: column for role, column in given.items() if column}
    return replace(loaded, source=_path(source), test_source=_path(test), named=named)


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

    options = _options(_loaded(data), Recipe(pool=_names(pool), licence=licence, seed=seed, budget=budget))
    return Ranking(rows=rank_only(data, options, progress or Silent()), primary=options.task.primary)


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
        recipe: replaces the options above (and is saved with the run, its paths and columns those that ``data`` came
            from).
        progress: told what is going on.

    Raises:
        UserError: names that are not known, or a combination that cannot work; all problems at once. Or another
            process is at work in ``out``.
        Unavailable: weights that cannot be fetched, or no room on the disk.
    """
    asked = recipe or Recipe(
        roles=dict(_loaded(data).named),
        task=task,
        model=model,
        pool=_names(pool),
        licence=licence,
        strategy=strategy,
        settings=dict(settings or {}),
        budget=budget,
        seed=seed,
    )
    asked = _located(asked, data)
    options = _options(data, asked)
    folder, progress = None if out is None else Path(out), progress or Silent()
    if folder is None:
        return _adaptation(data, options, None, progress)
    from headstart.run_claim import held

    with held(folder, progress, [data.source, data.test_source]):
        done = _claimed(folder, data, options, progress)
        return _adaptation(data, options, folder, progress) if done is None else Adaptation(done, asked, folder)


def _adaptation(data: Dataset, options: Options, folder: Path | None, progress: Progress) -> Adaptation:
    """The work itself, written to ``folder`` if there is one."""
    from headstart.data._preview import preview
    from headstart.engine.adapt import adapt as adapt_data
    from headstart.run_folder import write

    checkpoints = None if folder is None else folder / "checkpoints"
    adapted = adapt_data(data, options, journal_folder=checkpoints, preview=preview, progress=progress)
    if folder is not None:
        write(adapted, folder)
    return Adaptation(adapted.results, adapted.recipe, adapted)


def open(run: str | Path) -> Predictor:
    """The `Predictor` of a run folder.

    Raises:
        UserError: there is no such run.
        Unavailable: a file in it is missing or damaged.
    """
    from headstart.bundle.predictor import Predictor

    return Predictor.open(Path(run))


def models(modality: str | None = None) -> tuple[tuple[BackboneInfo, bool], ...]:
    """Every known model (of one modality), and whether it is in the local store."""
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


def named(names: Sequence[str]) -> tuple[BackboneInfo, ...]:
    """What is known of the models called so; ``curated`` stands for all of that pool.

    Raises:
        UserError: names that are not known, all of them.
    """
    return tuple(member.info for member in resolve("auto", names, None))


def strategies() -> tuple[tuple[str, str], ...]:
    """Every strategy's name and one-line summary."""
    return tuple((name, catalog.strategies.get(name).summary) for name in catalog.strategies.names())


def settings(strategy: str) -> tuple[Setting, ...]:
    """The hyper-parameters of a strategy, with their defaults and meanings.

    Raises:
        UserError: the name is not known.
    """
    return settings_of(catalog.strategies.get(strategy)())


def check_names(recipe: Recipe, modality: Modality | None = None) -> None:
    """Refuse unknown names, a wrong budget or a wrong seed in a recipe before any data are read.

    Raises:
        UserError: every problem found, together.
    """
    together(
        lambda: _check_seed(recipe.seed),
        lambda: Budget.parse(recipe.budget),
        lambda: catalog.tasks.get(recipe.task),
        lambda: candidates(recipe),
        lambda: resolve(recipe.model, recipe.pool, modality, recipe.licence),
    )


def _check_seed(seed: int) -> None:
    if seed < 0:
        raise UserError(f"Seed {seed} is negative; give a whole number from 0 on.")


def _loaded(data: Any) -> Dataset:
    if not isinstance(data, Dataset):
        raise UserError(f"The data are a {type(data).__name__}, expected what headstart.load returns: load them first.")
    return data


def _options(data: Dataset, recipe: Recipe) -> Options:
    from headstart.engine.options import Options

    check_names(recipe, data.modality)
    pool = resolve(recipe.model, recipe.pool, data.modality, recipe.licence)
    _refuse_seen(pool, data)
    probe, scratch = catalog.strategies.get(PROBE)(), catalog.strategies.get(SCRATCH)()
    assert isinstance(probe, FeatureStrategy)
    assert isinstance(scratch, InputStrategy)
    seconds = _heard(data)
    baseline = next(n for n in catalog.baselines.names() if catalog.baselines.get(n).modality == data.modality)
    return Options(
        recipe=recipe,
        task=catalog.tasks.get(recipe.task)(classes=data.classes),
        pool=tuple(replace(one, seconds=seconds) for one in pool),
        strategies=paced(candidates(recipe), len(data.split.train)),
        probe=probe,
        probe_name=PROBE,
        scratch=scratch,
        baseline=catalog.baselines.get(baseline),
        baseline_name=baseline,
        scores=catalog.scores.create(),
        budget=Budget.parse(recipe.budget),
        home=home(),
    )


def _refuse_seen(pool: Sequence[PoolMember], data: Dataset) -> None:
    """Without a test split scores come of cross-validation, and mean nothing of a body that knows all the labels.

    Raises:
        UserError: a model was trained on these very data.
    """
    from headstart.run_folder import trained_on

    folders = {} if len(data.split.test) else {one.info.name: one for one in pool if one.info.source == "local"}
    seen = [name for name in folders if trained_on(Path(name.partition(":")[2]).expanduser()) == data.fingerprint]
    if seen:
        raise UserError(
            *(
                f"{name} was trained on these very data: cross-validation would score it on items whose labels it "
                "knows. Name the model that it came from, or test data of their own (--test)."
                for name in seen
            )
        )


def _heard(data: Dataset) -> int | None:
    """Seconds that a model hears at a time; None where the data are no sounds."""
    if data.modality != "audio":
        return None
    from headstart.engine.hearing import seconds_heard

    return seconds_heard(data.seconds[data.split.train])


def _names(pool: Sequence[str]) -> tuple[str, ...]:
    if isinstance(pool, str):
        raise UserError(f"pool takes a list of names, got one str: put it in a list, ['{pool}'].")
    return tuple(pool)


def _path(source: Any) -> str:
    return str(Path(source).absolute()) if isinstance(source, (str, Path)) else ""


def _claimed(folder: Path, data: Dataset, options: Options, progress: Progress) -> Results | None:
    """See that this run may write to ``folder``; its results, if it has been there before and was finished."""
    from headstart.engine.identity import code, identity
    from headstart.run_claim import claim
    from headstart.run_folder import complete, finished

    claim(folder, options.recipe, data.fingerprint)
    done = finished(folder, identity(data, options), code())
    if done is None or not _still_there(done, options):
        if complete(folder):
            progress.say(
                f"'{folder}' holds this run as another state of the program, its libraries or the weights made it: it "
                "is computed anew."
            )
        return None
    progress.say(f"'{folder}' holds this very run; delete it to have it computed again.")
    return done


def _still_there(results: Results, options: Options) -> bool:
    """Whether the store does not hold other weights of the chosen model by now."""
    member = options.member(results.model.name)
    return not member.source.in_store(member.info) or member.refreshed().info.sha256 == results.model.sha256


def _located(recipe: Recipe, data: Dataset) -> Recipe:
    """The recipe with the absolute paths of the data and the columns named, so that it reruns from anywhere."""
    if not data.source:
        return recipe
    return replace(recipe, data=data.source, test=data.test_source, roles=dict(data.named))
