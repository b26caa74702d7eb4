"""Rooms, arrows, floors and climbs of a checkout: `python -m tests.whole.house [FOLDER]`.

`python -m tests.whole.house --layers` prints the contracts of setup.cfg: each folder's rooms, the highest floor first.

A room of a folder is a file or a folder in it; an arrow says that one imports the other, imports inside functions
counted, those for type checkers alone not. A room stands one floor above the highest that it imports; an arrow that
leads up climbs, which only happens in a circle.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MAIN = "__main__"
LEFT_OUT = {"tests", "docs", "build", "dist", "runs"}
Name = tuple[str, ...]
Arrows = Mapping[Name, set[Name]]


@dataclass(frozen=True)
class Plan:
    """One folder: its rooms, which imports which, and the floor of each (0 is the ground)."""

    rooms: tuple[str, ...]
    arrows: frozenset[tuple[str, str]]
    floors: Mapping[str, int]

    @property
    def height(self) -> int:
        return max(self.floors.values(), default=-1) + 1

    @property
    def climbs(self) -> tuple[tuple[str, str], ...]:
        """Arrows that do not lead down: those of a circle."""
        return tuple(sorted((a, b) for a, b in self.arrows if self.floors[a] <= self.floors[b]))


def modules(root: Path) -> dict[Name, Path]:
    """The files of the package by their dotted names, those of a folder's `__init__` by the folder's."""
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if not any(part.startswith(".") or part in LEFT_OUT for part in parts[:-1]):
            found[parts[:-1] if parts[-1] == "__init__" else parts] = path
    return found


def imports(tree: ast.AST, package: Name) -> Iterator[Name]:
    """Every name that the code of a module of `package` imports relatively, modules and what they hold alike."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1] + tuple(
                (node.module or "").split(".") if node.module else ()
            )
            yield base
            yield from ((*base, alias.name) for alias in node.names)
        yield from imports(node, package)


def arrows_of(root: Path) -> Arrows:
    """Which module imports which; a folder's face, which only hands names on, is none."""
    known = modules(root)
    found: dict[Name, set[Name]] = defaultdict(set)
    for name, path in known.items():
        package = name if path.name == "__init__.py" else name[:-1]
        for target in imports(ast.parse(path.read_text(encoding="utf-8")), package):
            own_folder = known.get(target) is not None and name[: len(target)] == target
            if target in known and target != name and not own_folder:
                found[name].add(target)
    return found


def plan_of(folder: Name, known: Mapping[Name, Path], arrows: Arrows) -> Plan:
    """The folder's rooms and what lies between them."""
    deep = len(folder)
    rooms = {name[deep] for name in known if name[:deep] == folder and len(name) > deep}
    between = {
        (name[deep], target[deep])
        for name, targets in arrows.items()
        for target in targets
        if name[:deep] == folder == target[:deep] and min(len(name), len(target)) > deep
    }
    inner = frozenset((a, b) for a, b in between if a != b)
    return Plan(tuple(sorted(rooms)), inner, floors_of(rooms, inner))


def floors_of(rooms: set[str], arrows: frozenset[tuple[str, str]]) -> dict[str, int]:
    """The floor of each room; the rooms of a circle stand on one."""
    below = {room: {b for a, b in arrows if a == room} for room in rooms}
    reach = {room: _reachable(room, below) for room in rooms}
    floors: dict[str, int] = {}
    for room in sorted(rooms, key=lambda room: (len(reach[room] | {room}), room)):
        under = [floors[b] for b in reach[room] if room not in reach[b]]
        floors[room] = max(under, default=-1) + 1
    return floors


def _reachable(room: str, below: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    open_rooms = [room]
    while open_rooms:
        new = below[open_rooms.pop()] - found
        found |= new
        open_rooms += new
    return found


def plans(root: Path) -> dict[str, Plan]:
    """Every folder of the package by its path, the root as ``."""
    known, arrows = modules(root), arrows_of(root)
    folders = {name[:k] for name in known for k in range(len(name))}
    return {"/".join(folder): plan_of(folder, known, arrows) for folder in sorted(folders)}


def layers(plan: Plan) -> tuple[str, ...]:
    """The rooms of each floor, the highest first, as import-linter writes them; `__main__`, which calls the face, on top."""
    floors = range(plan.height - 1, -1, -1)
    rooms = [room for room in plan.rooms if room != MAIN]
    named = (" | ".join(room for room in rooms if plan.floors[room] == floor) for floor in floors)
    return tuple(filter(None, (MAIN if MAIN in plan.rooms else "", *named)))


def contracts(root: Path) -> str:
    """The part of setup.cfg that says, for every folder with more than one room, what may import what."""
    texts = []
    for folder, plan in plans(root).items():
        if not folder or len(plan.rooms) < 2:
            continue
        name = folder.replace("/", ".")
        lines = "\n".join(f"    {line}" for line in layers(plan))
        texts.append(
            f"[importlinter:contract:{name}]\nname = {folder}, top to bottom\ntype = layers\n"
            f"containers = launchlab.{name}\nexhaustive = True\nlayers =\n{lines}\n"
        )
    return "\n".join(texts)


def main() -> None:
    """Print a line for each folder, and the sums; or the contracts."""
    if sys.argv[1:] == ["--layers"]:
        sys.stdout.write(contracts(Path(".")))
        return
    found = plans(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    lines = [
        (name or "the house", len(p.rooms), p.height, len(p.arrows), len(p.climbs))
        for name, p in found.items()
    ]
    total = ("together", *(sum(int(line[k]) for line in lines) for k in range(1, 5)))
    sys.stdout.write(f"{'folder':32}{'rooms':>7}{'floors':>7}{'arrows':>7}{'climbs':>7}\n")
    for name, *figures in [*lines, total]:
        sys.stdout.write(f"{name:32}" + "".join(f"{figure:7}" for figure in figures) + "\n")


if __name__ == "__main__":
    main()
