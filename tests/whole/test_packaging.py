"""What is installed is complete: packages, data files, requirements, and what the archives hold."""

import ast
import configparser
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from .. import ROOT

HOUSES = ("cli", "data", "engine", "library", "reports", "strategies")
DOCUMENTS = ("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "py.typed")


def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def package_of(folder: Path) -> str:
    return ".".join(("launchlab", *folder.relative_to(ROOT).parts))


def files_of_the_package() -> list[Path]:
    """Every file that an installed launchlab needs, in the checkout."""
    below = [path for house in HOUSES for path in sorted((ROOT / house).rglob("*")) if path.is_file()]
    top = [*ROOT.glob("*.py"), ROOT / "py.typed"]
    return [path for path in (*top, *below) if "__pycache__" not in path.parts]


def required_names(config: configparser.ConfigParser, *extras: str) -> set[str]:
    """Distributions that an installation, with some extras, asks for."""
    lines = config["options"]["install_requires"].splitlines()
    lines += [line for extra in extras for line in config["options.extras_require"][extra].splitlines()]
    return {re.split(r"[\[<>=]", line)[0].strip().replace("_", "-").lower() for line in lines if line}


def imports_of(path: Path) -> set[str]:
    """Top-level modules that a file imports, those of the package left out."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"launchlab"}


def test_every_package_is_listed() -> None:
    found = {"launchlab"} | {
        package_of(path.parent) for path in files_of_the_package() if path.name == "__init__.py"
    }
    assert set(setup_cfg()["options"]["packages"].split()) == found


def test_every_folder_with_code_is_a_package() -> None:
    for path in files_of_the_package():
        if path.suffix == ".py":
            assert (path.parent / "__init__.py").is_file(), f"{path.parent} has no __init__.py"


def test_every_data_file_is_shipped() -> None:
    config = setup_cfg()
    patterns = {key: value.replace(",", " ").split() for key, value in config["options.package_data"].items()}
    packages = set(config["options"]["packages"].split())
    for path in files_of_the_package():
        if path.suffix == ".py":
            continue
        home = path.parent
        while package_of(home) not in packages:
            home = home.parent
        name = path.relative_to(home).as_posix()
        assert any(fnmatch(name, pattern) for pattern in patterns.get(package_of(home), ())), path


def test_every_import_is_a_declared_requirement() -> None:
    names = required_names(setup_cfg(), "akshare", "cn", "cluster", "notebook", "search", "sources", "xlsx")
    known = packages_distributions()
    for path in files_of_the_package():
        for module in imports_of(path) if path.suffix == ".py" else ():
            distributions = {name.replace("_", "-").lower() for name in known.get(module, [module])}
            assert distributions & names, f"{path.relative_to(ROOT)} imports {module}"


def test_the_contributing_guide_has_the_two_commands_of_a_fresh_machine() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/launchlab backtest\n" in guide
    assert (
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest -n auto\n" in guide
    )


def test_the_chart_library_is_the_file_that_its_notes_describe_with_its_licences_inside() -> None:
    home = ROOT / "reports" / "vendor"
    script = (home / "plotly.min.js").read_bytes()
    notes = (home / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(script).hexdigest() in notes
    licences = (home / "LICENSES.txt").read_text(encoding="utf-8")
    for name, version in re.findall(r"^\| (\S+) \| ([\d.]+) \|", notes, re.MULTILINE):
        assert f"{name} {version} (" in licences
        assert f"{name} {version} (".encode() in script
    assert re.search(r"plotly\.js 3\.7\.0 \(MIT\)\s+MIT License", licences)


@pytest.mark.slow
def test_the_archives_hold_everything_and_nothing_else(tmp_path: Path) -> None:
    pytest.importorskip("build")
    checkout = tmp_path / "checkout"
    rubbish = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "runs")
    shutil.copytree(ROOT, checkout, ignore=rubbish)
    done = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", tmp_path / "dist", checkout],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "deprecat" not in (done.stdout + done.stderr).lower()
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    (sdist,) = (tmp_path / "dist").glob("*.tar.gz")
    needed = {path.relative_to(ROOT).as_posix() for path in files_of_the_package()}
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
        (metadata,) = (name for name in archive.namelist() if name.endswith("METADATA"))
        assert "License-Expression: GPL-3.0-or-later AND MIT" in archive.read(metadata).decode()
    assert shipped == {f"launchlab/{name}" for name in needed}
    with tarfile.open(sdist) as source:
        held = {name.split("/", 1)[1] for name in source.getnames() if "/" in name}
    tests = {
        path.relative_to(checkout).as_posix() for path in (checkout / "tests").rglob("*") if path.is_file()
    }
    assert needed | tests | set(DOCUMENTS) | {"setup.cfg", "pyproject.toml"} <= held
