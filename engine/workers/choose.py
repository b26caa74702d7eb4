"""Where work is done: threads of this process, processes of this machine, or the workers of a Dask cluster.

with open_runner("processes:4") as runner:
    job = runner.share(job)                          # travels once to each worker
    future = runner.submit(run_points, job, 0, 256)  # carries only which job, 0 and 256
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from ...data.errors import ConfigError, did_you_mean
from .runner import Runner
from .threads import Threads

KINDS = ("threads", "processes", "dask")
SPEC = re.compile(r"(?:threads|processes)(?::([1-9]\d{0,3}))?|dask(?:\+tls)?://[^/\s]+:\d+/?")


@contextmanager
def open_runner(spec: str | None = None, threads: int | None = None) -> Iterator[Runner]:
    """The runner that `spec` names: `threads[:N]`, `processes[:N]` or `dask://host:port`; None is threads.

    N is `threads` where it is not given, and that the number of cores. ConfigError for a spec that means nothing or
    an extra that is not installed, WorkerError for a scheduler that does not answer or workers with other code.
    """
    runner = _runner(spec or "threads", threads or os.cpu_count() or 1)
    try:
        yield runner
    except BaseException:
        runner.shutdown(wait=False, cancel_futures=True)
        raise
    runner.shutdown()


def check_spec(spec: str) -> int | None:
    """The N of a `spec`, None where it has none; ConfigError for one that names no runner."""
    parsed = SPEC.fullmatch(spec)
    if parsed is None:
        raise ConfigError(
            f"there is no executor {spec!r}{did_you_mean(spec.partition(':')[0], KINDS)}; "
            "write threads, processes, processes:4 or dask://host:8786"
        )
    return int(parsed[1]) if parsed[1] else None


def _runner(spec: str, threads: int) -> Runner:
    count = check_spec(spec) or threads
    if spec.startswith("threads"):
        return Threads(count)
    if spec.startswith("processes"):
        from .processes import Processes

        return Processes(count)
    from .cluster import Cluster

    return Cluster(spec)
