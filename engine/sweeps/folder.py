"""The folder of a sweep while it runs: what was asked, the chunks that are done, and the table they end in.

    sweep.json      what was asked; a sweep that is resumed must ask for the same
    parts/N.npz     chunk N, whole or not there
    points.parquet  one row per point: its parameters and metrics; a row group per chunk
    .launchlab.json which files were written by us, by their sha256: no other is ever removed or replaced
    summary.json    written at the end: a folder that has it holds a finished sweep
    .lock           locked while a sweep writes here; the system lets go of it even when the sweep is killed

Nothing in points.parquet depends on time or on how often the sweep was stopped.
"""

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ...data.addresses import refuse_address
from ...data.doors import read_bytes
from ...data.errors import ConfigError
from ...data.files import MANIFEST, is_as_written, read_manifest, strangers, write_manifest, write_whole
from ..results.summary import SUMMARY, SweepSummary
from .chunk import Chunk, read_chunk

ASKED, PARTS, POINTS = "sweep.json", "parts", "points.parquet"
TOP, PARETO, ANALYZERS = "top.csv", "pareto.csv", "analyzers.jsonl"
STUDY, JOURNAL = (
    "search.json",
    "search.journal",
)  # of a search: its study, and its storage unless it names another
PAGE = ("index.html", "plotly.min.js")
RUNS = "top-[0-9]*"  # subfolders with the whole runs of the best points
LOCK = ".lock"
OURS = (
    ASKED,
    SUMMARY,
    POINTS,
    TOP,
    PARETO,
    ANALYZERS,
    STUDY,
    JOURNAL,
    *PAGE,
)  # what a sweep may write, beside whole runs


class SweepFolder:
    """One sweep's folder; every file in it appears whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.runs: list[str] = []  # subfolders with whole runs, written since `begin`
        # one lock per process and folder: whoever holds it here may begin again
        self._lock = FileLock(path.absolute() / LOCK, is_singleton=True)

    @property
    def finished(self) -> bool:
        """Whether a sweep has ended here."""
        return (self.path / SUMMARY).is_file()

    def begin(self, asked: Mapping[str, Any], *, resume: bool) -> None:
        """Make the folder ready for a sweep that asks for `asked` (plain JSON values), and keep others out of it.

        A finished sweep that asked for the same is made again. ConfigError when another would be mixed with it or
        lost, when an unfinished one would be lost, when a file of somebody else's would be, and while another process
        sweeps into this folder.
        """
        try:
            self._refuse_strangers()
            if resume and not self._has_sweep():
                raise ConfigError(f"{self.path} holds no sweep to resume; leave out `resume` to start one")
            self._hold()
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be written to ({error.strerror}); choose another folder"
            ) from None
        try:
            self._prepare(json.dumps(asked, indent=2, ensure_ascii=False) + "\n", resume)
        except ConfigError:
            self.release()
            raise

    def _prepare(self, text: str, resume: bool) -> None:
        if self._has_sweep():
            if resume:
                self._refuse_another(
                    json.loads(text), "was started with", "ask for the same with `resume=True`"
                )
                self._refuse_page()
                self._refuse_changed_points()
                return
            if not self.finished:
                raise ConfigError(
                    f"{self.path} holds an unfinished sweep; continue it with `resume=True`, remove it, or choose another folder"
                )
            self._refuse_another(json.loads(text), "holds a finished sweep with", "remove it")
            self._clear()
        (self.path / PARTS).mkdir(parents=True, exist_ok=True)
        write_whole(self.path / ASKED, text)

    def _hold(self) -> None:
        refuse_address(self.path, ConfigError, written=True)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ConfigError(
                f"another sweep is writing to {self.path}; wait for its end, or choose another folder"
            ) from None

    def _has_sweep(self) -> bool:
        return (self.path / ASKED).is_file()

    def _refuse_strangers(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise ConfigError(f"{self.path} is a file; choose another folder")
        if self.path.is_dir() and not self._has_sweep() and any(p.name != LOCK for p in self.path.iterdir()):
            raise ConfigError(f"{self.path} holds files that are not a sweep's; choose another folder")

    def _refuse_another(self, asked: Mapping[str, Any], verb: str, advice: str) -> None:
        try:
            before = json.loads(read_bytes(self.path / ASKED, error=ConfigError))
        except (ValueError, RecursionError):
            raise ConfigError(f"{self.path / ASKED} is damaged; remove {self.path} and start again") from None
        difference = first_difference(before, asked)
        if difference:
            raise ConfigError(f"{self.path} {verb} {difference}; {advice}, or choose another folder")

    def _refuse_page(self) -> None:
        page = self.path / PAGE[0]
        if page.exists() and not is_as_written(page):
            raise ConfigError(f"{page} is not the sweep's, which would replace it; move it away to continue")

    def _refuse_changed_points(self) -> None:
        """Refuse a finished sweep whose points are gone, or not those that its summary tells of."""
        points = self.path / POINTS
        listed = self.finished and POINTS in read_manifest(self.path)
        if listed and not is_as_written(points):
            raise ConfigError(
                f"{points} is not as the sweep wrote it; put it back, or remove {self.path} and sweep again"
            )

    def _clear(self) -> None:
        """Remove what a finished sweep has written, its mark of completeness first, and nothing else."""
        written = read_manifest(self.path)
        if not written:
            raise ConfigError(
                f"{self.path} does not say which of its files are the sweep's; remove what you do not need of it, or "
                "choose another folder"
            )
        self._refuse_in_the_way()
        for name in sorted(written, key=lambda name: name != SUMMARY):
            _remove(self.path, name)
        (self.path / MANIFEST).unlink(missing_ok=True)

    def _refuse_in_the_way(self) -> None:
        changed = [name for name in strangers(self.path) if _is_the_sweeps(name)]
        inside = [place.name for place in self.path.glob(RUNS) if place.is_dir() and strangers(place)]
        if names := sorted({*changed, *inside}):
            raise ConfigError(
                f"{self.path} holds {', '.join(names[:3])}, which the sweep has not written, or not as it is now, and "
                "would replace; move it away, or choose another folder"
            )

    def part(self, chunk: int, points: int) -> Chunk | None:
        """A chunk that is done, None when it has to be computed (again)."""
        try:
            content = (self.path / PARTS / f"{chunk:06d}.npz").read_bytes()
        except OSError:
            return None
        return read_chunk(content, points)

    def keep(self, chunk: int, answer: Chunk) -> None:
        """Write the part of a chunk."""
        write_whole(self.path / PARTS / f"{chunk:06d}.npz", answer.to_bytes())

    def drawn(self) -> None:
        """List the page as the sweep's."""
        write_manifest(self.path, PAGE)

    def end(self, summary: SweepSummary) -> None:
        """Mark the sweep finished, drop its parts, and let others in."""
        write_manifest(self.path, [name for name in (*OURS, *self.runs) if (self.path / name).exists()])
        summary.write(self.path)
        write_manifest(self.path, (SUMMARY,))
        for part in (self.path / PARTS).glob("*.npz"):
            part.unlink()
        with suppress(OSError):  # somebody else's files are in it
            (self.path / PARTS).rmdir()
        with suppress(OSError):  # where an open file cannot be removed, it stays
            (self.path / LOCK).unlink(missing_ok=True)
        self.release()

    def release(self) -> None:
        """Let others in."""
        self._lock.release(force=True)

    def reopen(self) -> None:
        """Take the mark of completeness away: what follows adds to the sweep."""
        (self.path / SUMMARY).unlink(missing_ok=True)


def _is_the_sweeps(name: str) -> bool:
    """Whether a sweep writes something of that name."""
    return name in OURS or fnmatch(name, RUNS)


def _remove(folder: Path, name: str) -> None:
    """Remove a file, or the folder of a whole run in which nothing else lies."""
    if _is_the_sweeps(name) and (folder / name).is_dir():
        shutil.rmtree(folder / name)
    elif _is_the_sweeps(name):
        (folder / name).unlink(missing_ok=True)


def first_difference(before: Any, now: Any, name: str = "") -> str:
    """Where two plain values first differ, as `hold=1,2, not hold=1,2,3`; empty when they are the same."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in dict.fromkeys((*before, *now)):
            difference = first_difference(before.get(key), now.get(key), f"{name}.{key}" if name else key)
            if difference:
                return difference
        return ""
    return "" if before == now else f"{name} {_short(before)}, not {_short(now)}"


def _short(value: Any) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
