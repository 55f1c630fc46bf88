"""The house rules that a machine can check: where files are, how big they grow, what an import costs."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import headstart

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "headstart"
SOURCES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
USUAL_FUNCTION = 40
MOST_PARAMETERS = 8
CPU_SECONDS = 0.5
HEAVY = {"torch", "numpy", "pandas", "timm", "transformers", "datasets", "sklearn", "scipy", "PIL", "matplotlib"}

PUBLIC = [
    "Adaptation",
    "Backbone",
    "BackboneInfo",
    "Dataset",
    "DomainCard",
    "DomainComparison",
    "DomainMethod",
    "HeadstartError",
    "Issue",
    "Prediction",
    "Predictor",
    "Ranking",
    "Recipe",
    "Results",
    "Strategy",
    "Unavailable",
    "Unlabelled",
    "UserError",
    "Verdict",
    "adapt",
    "align",
    "compare_domains",
    "load",
    "load_few",
    "load_unlabelled",
    "methods",
    "models",
    "open",
    "pull",
    "rank",
    "strategies",
]


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def has_code(path: Path) -> bool:
    """Whether there is anything to test: a function that does more than state its contract."""
    return any(
        not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for node in functions(path)
        for statement in node.body
    )


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many values a caller gives; ``self`` and ``cls`` are no values."""
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len([each for each in names if each not in ("self", "cls")])


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_public_page_is_frozen():
    assert sorted(headstart.__all__) == PUBLIC
    assert sorted(dir(headstart)) == sorted([*PUBLIC, "__version__"])
    assert all(vars(headstart).get(each, None) or headstart.__getattr__(each) for each in PUBLIC)


def test_readers_and_type_checkers_see_the_same_page():
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    typed = [(node.module, name.asname) for node in imports for name in node.names if name.asname]
    homes = [(f"headstart.{module}", name) for name, module in headstart._HOMES.items()]
    assert sorted(map(str, typed)) == sorted(map(str, homes))


def test_what_is_not_public_is_not_there():
    with pytest.raises(AttributeError, match="module 'headstart' has no attribute 'magic'"):
        headstart.__getattr__("magic")


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_tests_mirror_the_source(path):
    if path.name.startswith("__") or not has_code(path):
        return
    inside = path.relative_to(PACKAGE)
    folder = ROOT / "tests" / inside.parent
    named = {folder / f"test_{stem}.py" for stem in (inside.stem, inside.stem.lstrip("_"))}
    assert any(each.is_file() for each in named), f"{name(path)} has no {' or '.join(sorted(map(name, named)))}"


def test_every_test_file_has_a_source():
    stems = {(path.relative_to(PACKAGE).parent, path.stem.lstrip("_")) for path in SOURCES}
    stems |= {(Path("bench"), path.stem.lstrip("_")) for path in (ROOT / "bench").glob("*.py")}
    for path in (ROOT / "tests").rglob("test_*.py"):
        folder = path.relative_to(ROOT / "tests").parent
        if path.name in ("test_structure.py", "test_docs.py", "test_examples.py") or folder.parts[:1] == ("contracts",):
            continue
        assert (folder, path.stem.removeprefix("test_").lstrip("_")) in stems, (
            f"{name(path)} tests a file that is not there"
        )


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_files_stay_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_functions_stay_short():
    lengths = sorted(node.end_lineno - node.lineno + 1 for path in SOURCES for node in functions(path))
    assert lengths[int(0.95 * len(lengths))] <= USUAL_FUNCTION
    assert lengths[-1] <= LONGEST_FUNCTION


def test_functions_take_few_parameters():
    """Verbs of the public page and commands, whose parameters are the user's options, are the exception."""
    many = [
        f"{name(path)}:{node.name}"
        for path in SOURCES
        if path.parent.name != "cli" and path.name != "api.py"
        for node in functions(path)
        if parameters(node) > MOST_PARAMETERS
    ]
    assert many == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_capabilities_are_declared_and_never_probed(path):
    if path.parent.name == "backbones":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "hasattr", f"{name(path)}:{node.lineno} asks hasattr"
            probes = node.func.id == "getattr" and len(node.args) == 3
            assert not probes, f"{name(path)}:{node.lineno} asks getattr with a default"


UNPICKLES = "src/headstart/backbones/_arrays.py"
"""Reads weights of a package that has them in no other form, and calls nothing but what makes arrays."""


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_nothing_is_pickled_or_silently_passed_over(path):
    picklers = {"joblib", "dill", "cloudpickle", "pickle"} - ({"pickle"} if name(path) == UNPICKLES else set())
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [each.name for each in node.names] + [getattr(node, "module", None) or ""]
            assert not picklers & set(modules), f"{name(path)} imports a pickler"
        if isinstance(node, ast.ExceptHandler):
            assert not (len(node.body) == 1 and isinstance(node.body[0], ast.Pass)), f"{name(path)}:{node.lineno}"


def test_package_pages_stay_nearly_empty():
    for path in PACKAGE.rglob("*/__init__.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        assert all(isinstance(node, ast.Expr) for node in body), f"{name(path)} holds more than a docstring"


def measured(code: str) -> dict:
    """Modules loaded and CPU seconds used by a fresh interpreter that runs ``code``."""
    report = (
        "\nimport json, resource, sys\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "sys.stderr.write(json.dumps({'modules': list(sys.modules), 'cpu': used.ru_utime + used.ru_stime}))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code + report], capture_output=True, text=True, check=True)
    return json.loads(ended.stderr.splitlines()[-1])


@pytest.mark.parametrize(
    "code",
    ["import headstart", "from headstart.cli.app import main; assert main(['--help']) == 0"],
    ids=["import headstart", "headstart --help"],
)
def test_starting_is_light(code):
    # The best of three: another process may disturb one run, never speed one up.
    runs = [measured(code) for _ in range(3)]
    assert not HEAVY & set(runs[0]["modules"])
    assert min(run["cpu"] for run in runs) < CPU_SECONDS


def tree_in(text: str) -> set[str]:
    """Paths named by the file tree of a document: entries are indented by two spaces per level."""
    block = re.search(r"```text\n(src/headstart/.*?)```", text, flags=re.DOTALL)
    assert block, "there is no file tree that starts with src/headstart/"
    paths, above = set(), []
    for line in block.group(1).splitlines():
        indent, entry = re.match(r"( *)(\S+)", line).groups()
        level = len(indent) // 2
        above = [*above[:level], entry.rstrip("/")]
        paths.add("/".join(above))
    return paths


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md"])
def test_the_file_tree_agrees_with_the_disk(document):
    shown = tree_in((ROOT / document).read_text(encoding="utf-8")) - {"src/headstart"}
    on_disk = {
        name(path)
        for path in PACKAGE.iterdir()
        if path.name not in ("__pycache__", "__init__.py", "__main__.py", "py.typed")
    }
    assert shown == on_disk


def test_no_document_names_a_place_on_one_machine():
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    assert documents
    for path in documents:
        assert not re.search(r"(?<![\w.])/(tmp|work|root|home)/", path.read_text(encoding="utf-8")), name(path)
