"""A Spark cluster counts answers and key figures, loses a worker meanwhile, and counts right: `make cluster`.

`python -m benchmarks.cluster [ROWS]` takes a million rows by default. It needs `pyspark` and Java 17. The cluster is a
master and two workers, processes on the loopback address that end with it. All share this machine: it shows that the
figures survive a failure, not that more machines are faster.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic, perf_counter, sleep
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import duckdb
import numpy as np
import polars as pl

from servicecrm.kernel.records import evolve
from servicecrm.measures import Histogram, Scale, count_rows, nps, tally_frame, tally_frame_by

if TYPE_CHECKING:
    from pyspark import StatusTracker
    from pyspark.sql import SparkSession

__all__ = ["Figures", "differences", "figures", "main", "write_rows"]

ROWS: Final = 10**6
FILES: Final = 64
"""As many tasks has a query of Spark: enough to kill a worker between two of them."""
SERVICES: Final = 100
PATIENCE: Final = 60
"""After so many seconds a process that has said nothing has failed."""

TEN: Final = Scale(low=0, high=10)
DAYS: Final = Scale(low=0, high=60)


# -- what is counted -----------------------------------------------------------------------------


class Figures(NamedTuple):
    """What one engine has counted."""

    answers: Histogram
    """How likely customers recommend us, weighted."""
    services: dict[Any, Histogram]
    """The same of each service."""
    days: dict[Any, Histogram]
    """How many days a complaint took, by quarter and by whether it met its target."""
    results: dict[tuple[Any, ...], int]
    """How many met their target, by quarter."""


def figures(frame: Any) -> Figures:
    """The figures of a frame of any engine: the same code for all of them."""
    return Figures(
        tally_frame(frame, "recommend", scale=TEN, weights="weight"),
        tally_frame_by(frame, "recommend", by="service", scale=TEN, weights="weight"),
        tally_frame_by(frame, "days", by=["quarter", "result"], scale=DAYS),
        count_rows(frame, ["quarter", "result"]),
    )


def write_rows(folder: Path, rows: int, files: int = FILES) -> list[Path]:
    """Closed complaints in Parquet files, and what their customers answered; some have not, some not on the scale."""
    paths = []
    for part in range(files):
        chance, n = np.random.default_rng(part), rows // files + (part < rows % files)
        recommend = np.clip(np.rint(chance.normal(7, 2.5, n)), 0, 11)
        recommend[chance.random(n) < 0.01] = np.nan
        frame = pl.DataFrame(
            {
                "service": chance.integers(0, SERVICES, n),
                # In one half what is missing is a null, in the other it is NaN.
                "recommend": pl.Series(recommend, nan_to_null=part % 2 == 0),
                # Eighths: their sums are exact, in whatever order an engine adds them up.
                "weight": chance.integers(1, 25, n) / 8,
                "quarter": chance.integers(1, 5, n),
                "days": np.rint(chance.gamma(2, 6, n)).astype(np.int64),
            }
        )
        met = pl.when(pl.col("days") <= 20).then(pl.lit("met")).otherwise(pl.lit("missed"))
        result = pl.when(pl.col("days") <= 40).then(met)  # what went on for longer has none
        paths.append(folder / f"part-{part:03}.parquet")
        frame.with_columns(quarter=pl.format("2026-Q{}", "quarter"), result=result).write_parquet(paths[-1])
    return paths


def differences(found: Mapping[str, Figures]) -> list[str]:
    """Which figures of which engines are not those of the first one."""
    (first, expected), *others = found.items()
    return [
        f"{name} of {engine} are not those of {first}"
        for engine, counted in others
        for name, ours, theirs in zip(Figures._fields, expected, counted, strict=True)
        if ours != theirs
    ]


def slightly_wrong(right: Figures) -> Figures:
    """The control: one answer of one service stands at the next point of the scale."""
    service, *_ = right.services
    histogram = right.services[service]
    at = next(n for n, times in enumerate(histogram.counts[:-1]) if times)
    counts = list(histogram.counts)
    counts[at : at + 2] = counts[at] - 1, counts[at + 1] + 1
    return right._replace(services={**right.services, service: evolve(histogram, counts=tuple(counts))})


# -- a cluster -----------------------------------------------------------------------------------


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a master, and its workers. Each is the head of a process group, with what it starts itself."""
    with ExitStack() as stack:
        master = _start(stack, folder / "master.log", "master.Master", "--port", "0")
        address = _said(folder / "master.log", r"Starting Spark master at (spark://[\d.:]+)", master)
        started = []
        for n in range(workers):
            log, work = folder / f"worker-{n}.log", folder / f"worker-{n}"
            given = ("--port", "0", "--cores", "1", "--memory", "1g", "--work-dir", str(work), address)
            started.append(_start(stack, log, "worker.Worker", *given))
            _said(log, "(Successfully registered)", started[-1])
        yield address, started


def _start(stack: ExitStack, log: Path, what: str, *given: str) -> subprocess.Popen[bytes]:
    import pyspark

    home = Path(pyspark.__file__).parent
    begin = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{what}"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*begin, "--host", "127.0.0.1", "--webui-port", "0", *given],
            env={**os.environ, "SPARK_HOME": str(home), "SPARK_DAEMON_MEMORY": "512m"},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    stack.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    """As a machine ends that loses its power: nothing is said to anybody, and nothing goes on."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _said(log: Path, pattern: str, process: subprocess.Popen[bytes]) -> str:
    end = monotonic() + PATIENCE
    while monotonic() < end and process.poll() is None:
        if found := re.search(pattern, log.read_text("utf-8", "replace")):
            return found[1]
        sleep(0.05)
    raise SystemExit(f"the cluster does not start:\n{log.read_text('utf-8', 'replace')[-2_000:]}")


@contextmanager
def session(address: str, folder: Path) -> Iterator["SparkSession"]:
    """A driver that begins to work when both workers are there. What happened is in the folder `events`."""
    from pyspark.sql import SparkSession

    (folder / "events").mkdir()
    settings = {
        "spark.cores.max": 2,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": (folder / "events").as_uri(),
        "spark.eventLog.enabled": "true",
        "spark.executor.memory": "768m",
        "spark.local.dir": folder,
        "spark.log.level": "OFF",  # losing a worker is what is tried here
        "spark.scheduler.maxRegisteredResourcesWaitingTime": f"{PATIENCE}s",
        "spark.scheduler.minRegisteredResourcesRatio": 1.0,
        "spark.sql.files.minPartitionNum": FILES,
        "spark.sql.shuffle.partitions": 8,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master(address).appName("servicecrm")
    for name, value in settings.items():
        builder = builder.config(name, str(value))
    spark = builder.getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()


class Loss(Thread):
    """Ends a worker when a part of the tasks of a query is done; `at` says how many then were."""

    def __init__(self, worker: subprocess.Popen[bytes], tracker: "StatusTracker") -> None:
        super().__init__(daemon=True)
        self.at: int | None = None
        self._worker, self._tracker, self._over = worker, tracker, Event()

    def run(self) -> None:
        while self.at is None and not self._over.wait(0.005):
            for stage in self._tracker.getActiveStageIds():
                known = self._tracker.getStageInfo(stage)
                if known is not None and FILES / 4 <= known.numCompletedTasks < FILES * 3 / 4:
                    _end(self._worker)
                    self.at = known.numCompletedTasks

    def __enter__(self) -> "Loss":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()


def done_again(folder: Path) -> int:
    """How many tasks were done in vain, as the driver has written down."""
    text = "\n".join(path.read_text("utf-8") for path in (folder / "events").rglob("*") if path.is_file())
    ends = re.findall(r'"Event":"SparkListenerTaskEnd".*?"Task End Reason":\{"Reason":"(\w+)"', text)
    assert ends
    return sum(reason != "Success" for reason in ends)


# -- all of it -----------------------------------------------------------------------------------


def main(arguments: Sequence[str] = ()) -> int:
    """Count with each engine, tell about it, and say 0 if all have the same figures."""
    rows = int(arguments[0]) if arguments else ROWS
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    named = ("polars", "duckdb", "narwhals", "pyspark")
    print(", ".join(f"{name} {version(name)}" for name in named), flush=True)
    found: dict[str, Figures] = {}

    def count(engine: str, frame: Any) -> None:
        start = perf_counter()
        found[engine] = figures(frame)
        print(f"  {engine:32}{perf_counter() - start:>8.2f} s", flush=True)

    with TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "rows").mkdir()
        paths = write_rows(folder / "rows", rows)
        size = sum(path.stat().st_size for path in paths) / 1e6
        print(
            f"{rows:,} rows in {FILES} Parquet files of {size:,.0f} MB; four tables of counts are made by", flush=True
        )
        count("polars", pl.scan_parquet(paths))
        count("DuckDB", duckdb.read_parquet([str(path) for path in paths]))
        with cluster(folder) as (address, workers), session(address, folder) as spark:
            frame = spark.read.parquet(str(folder / "rows"))
            count("Spark, first", frame)
            count("Spark, again", frame)
            with Loss(workers[-1], spark.sparkContext.statusTracker()) as loss:
                count("Spark, and a worker is lost", frame)
        again = done_again(folder)
    if loss.at is None or not again:
        print("No worker was lost in the middle of a query: take more rows")
        return 1
    print(f"The worker was killed after {loss.at} of {FILES} tasks of a query; {again} tasks had to be done again.")
    wrong = differences(found)
    print(*wrong or [f"Equal: {', '.join(Figures._fields)}, by all of them."], sep="\n")
    noticed = differences({"polars": found["polars"], "the control": slightly_wrong(found["polars"])})
    print(*noticed or ["The control, with one answer moved by a point, was not noticed"], sep="\n")
    for figure in shown(found["Spark, and a worker is lost"]):
        print(f"  {figure}")
    return 1 if wrong or not noticed else 0


def shown(counted: Figures) -> Iterator[str]:
    """Some figures that follow from the counts."""
    yield f"NPS: {nps(counted.answers)!r}"
    best = max(counted.services, key=lambda service: nps(counted.services[service]).value or 0)
    yield f"The best of {len(counted.services)} services, {best}: {nps(counted.services[best])!r}"
    for quarter in sorted({quarter for quarter, _ in counted.results}):
        met, missed = (counted.results[quarter, result] for result in ("met", "missed"))
        yield f"{quarter}: {met / (met + missed):.2%} of {met + missed:,} met their target"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
