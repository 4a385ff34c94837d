"""The shape of the code: floors, sizes, docstrings, and who may read a clock."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "mailbot").rglob("*.py"))
MOST_LINES = 430  # about 400; what is longer is two modules
CLOCK = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time"),
    ("time", "time_ns"), ("time", "localtime"), ("time", "gmtime"), ("utils", "localtime"),
}  # fmt: skip
READS_THE_CLOCK = {"mailbot/worker.py", "mailbot/oauth.py"}
"""The worker reads it once a turn; a token's life is counted by the server's word, not by ours."""


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_module_stays_on_its_floor() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 -- our own
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_table_of_floors_is_the_one_that_is_held() -> None:
    layers = (ROOT / ".importlinter").read_text("utf-8").partition("layers =\n")[2].partition("exhaustive")[0]
    held = [set(line.replace("|", " ").split()) - {"__main__"} for line in layers.splitlines()]
    table = (ROOT / "mailbot" / "INTERNALS.md").read_text("utf-8").partition("| floor |")[2].partition("\n\n")[0]
    told = [set(re.findall(r"`(\w+)/?`", line.split("|")[1])) for line in table.splitlines()[2:]]
    assert told == [floor for floor in held if floor]


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_every_module_says_what_it_is_for_and_is_short(path: Path) -> None:
    text = path.read_text("utf-8")
    doc = ast.get_docstring(ast.parse(text))
    assert doc
    assert doc.splitlines()[0].endswith((".", "?", ":"))
    assert len(text.splitlines()) <= MOST_LINES


def calls(tree: ast.AST) -> set[tuple[str, str]]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            found.add((owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", ""), node.func.attr))
    return found


def test_the_wall_clock_is_read_by_the_worker_only() -> None:
    readers = {name(path) for path in MODULES if calls(ast.parse(path.read_text("utf-8"))) & CLOCK}
    assert readers <= READS_THE_CLOCK
    assert "mailbot/worker.py" in readers


def test_nothing_executes_what_it_reads() -> None:
    dangerous = {"eval", "exec", "compile", "__import__"}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in dangerous, name(path)
            if isinstance(node, ast.Import | ast.ImportFrom):
                modules = {a.name for a in node.names} | {getattr(node, "module", "") or ""}
                assert not modules & {"pickle", "shelve", "marshal"}, name(path)


def test_no_file_names_a_place_of_this_machine_or_a_package_index() -> None:
    here = {str(ROOT), str(Path.home()), str(ROOT.parent / "shared")} - {"/"}
    for path in MODULES:
        text = path.read_text("utf-8")
        assert not [place for place in here if place in text], name(path)
    for lock in ROOT.glob("constraints*.txt"):
        assert "://" not in lock.read_text("utf-8"), lock.name


def test_importing_does_nothing() -> None:
    """No module opens, connects, reads or starts anything when it is imported: all of them, in one fresh process."""
    modules = [name(p).removesuffix(".py").removesuffix("/__init__").replace("/", ".") for p in MODULES
               if p.name != "__main__.py" and "migrations" not in p.parts]  # fmt: skip
    code = (
        "import builtins, importlib, socket, subprocess, sys, threading\n"
        f"root = {str(ROOT / 'mailbot')!r}\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append((event, str(args[0]))) if event in ('open', "
        "'socket.connect', 'subprocess.Popen', 'sqlite3.connect') and importing[0] else None)\n"
        "importing = [True]\n"
        f"for module in {modules!r}:\n    importlib.import_module(module)\n"
        "importing = [False]\n"
        "bad = [o for o in opened if o[0] != 'open' or (o[1].startswith(root) and not o[1].endswith(('.py', '.pyc')) "
        "and '.pyc.' not in o[1])]\n"
        "assert not bad, bad\n"
        "assert threading.active_count() == 1\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 -- our own
    assert done.returncode == 0, done.stderr


def test_help_needs_no_configuration_and_no_database(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mailbot", "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "Registration by e-mail" in done.stdout
    assert list(tmp_path.iterdir()) == []
