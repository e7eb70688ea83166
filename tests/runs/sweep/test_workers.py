"""Work shared out: to processes and to a real Dask scheduler, one of whose workers is killed mid-way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from epidot.errors import InputError
from epidot.runs.workers import TRIES, Lost, workers
from errands import deadly, logged, square, surroundings

unix = pytest.mark.skipif(os.name != "posix", reason="signals of unix")


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_every_piece_is_done_once_by_however_many(jobs: int) -> None:
    with workers(jobs, None, 20) as helpers:
        found = {one.number: one.result for one in helpers.each(square, range(20))}
        again = {one.number: one.result for one in helpers.each(square, range(5))}
    assert found == {n: n * n for n in range(20)}
    assert again == {n: n * n for n in range(5)}


@unix
def test_a_piece_that_ends_its_process_is_given_up_and_the_rest_done(tmp_path: Path) -> None:
    with workers(2, None, 8) as helpers:
        found = {
            one.number: one.result for one in helpers.each(deadly, [(str(tmp_path), n) for n in range(8)])
        }
    assert isinstance(found[3], Lost)
    assert {n: r for n, r in found.items() if n != 3} == {n: n for n in range(8) if n != 3}
    begun = Counter((tmp_path / "begun").read_text(encoding="utf-8").split())
    assert begun["3"] == TRIES


@unix
def test_a_process_killed_from_outside_loses_nothing(tmp_path: Path) -> None:
    found = {}
    with workers(2, None, 12) as helpers:
        for one in helpers.each(logged, [(str(tmp_path), n) for n in range(12)]):
            assert one.number not in found
            found[one.number] = one.result
            if len(found) == 4:
                assert not isinstance(one.result, Lost)
                os.kill(one.result[1], signal.SIGKILL)
    _nothing_lost_nothing_twice(found, tmp_path, 12, in_flight=2)


def _nothing_lost_nothing_twice(found: dict[int, object], folder: Path, total: int, in_flight: int) -> None:
    assert sorted(found) == list(range(total))
    assert not any(isinstance(result, Lost) for result in found.values())
    begun = Counter(line.split()[0] for line in (folder / "begun").read_text(encoding="utf-8").splitlines())
    assert sum(begun.values()) <= total + in_flight  # only what was at work is done again


# ------------------------------------------------------------ Dask


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """A real scheduler and two workers, processes of their own."""
    pytest.importorskip("distributed")
    where = tmp_path / "scheduler.json"
    here = Path(__file__).resolve()
    source = os.pathsep.join(str(p) for p in (here.parents[3] / "src", here.parents[2]))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([source, *sys.path]), "OMP_NUM_THREADS": "1"}

    def start(*words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
        out = subprocess.DEVNULL
        return subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=out, stderr=out)

    file = ("--scheduler-file", str(where))
    port = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    begun = [start("scheduler", *file, *port)]
    try:
        for _ in range(600):
            if where.exists() and where.stat().st_size:
                break
            time.sleep(0.1)
        for name in ("one", "two"):
            flags = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", name)
            begun.append(start("worker", *file, *flags))
        import json

        yield json.loads(where.read_text(encoding="utf-8"))["address"]
    finally:
        for process in begun:
            process.kill()
            process.wait()


@unix
@pytest.mark.filterwarnings("default")  # of the libraries below Dask
def test_a_killed_worker_of_a_real_scheduler_loses_nothing(scheduler: str, tmp_path: Path) -> None:
    found = {}

    with workers(None, scheduler, 24) as helpers:
        helpers.client.wait_for_workers(2, timeout=60)  # type: ignore[union-attr]
        assert helpers.processes == 2
        for one in helpers.each(logged, [(str(tmp_path), n) for n in range(24)]):
            assert one.number not in found
            found[one.number] = one.result
            if len(found) == 6:
                assert not isinstance(one.result, Lost)
                os.kill(one.result[1], signal.SIGKILL)
    # what a worker has finished and nobody has fetched yet goes with it: one more than it was at
    _nothing_lost_nothing_twice(found, tmp_path, 24, in_flight=3)
    assert len({result[1] for result in found.values()}) == 2


@unix
@pytest.mark.filterwarnings("default")
def test_dask_s_own_workers_begin_loaded_and_with_the_materials_of_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copies of one process that keeps what it was told at first: what holds now must reach them."""
    pytest.importorskip("distributed")
    for folder in (str(tmp_path), None):
        if folder is None:
            monkeypatch.delenv("EPIDOT_MATERIALS")
        else:
            monkeypatch.setenv("EPIDOT_MATERIALS", folder)
        with workers(2, "local", 8) as helpers:
            helpers.client.wait_for_workers(2, timeout=60)  # type: ignore[union-attr]
            found = [one.result for one in helpers.each(surroundings, range(8))]
        assert len({row[0] for row in found if not isinstance(row, Lost)}) == 2
        assert {row[1:] for row in found if not isinstance(row, Lost)} == {(True, folder or "", 100_000)}


@pytest.mark.filterwarnings("default")
def test_a_scheduler_that_does_not_answer_is_told() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(InputError, match="no Dask scheduler answers"), workers(1, "tcp://127.0.0.1:9", 1):
        pass
    with pytest.raises(InputError, match="no Dask scheduler answers"), workers(1, "nonsense", 1):
        pass


def test_without_dask_a_scheduler_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("epidot.runs.workers.is_there", lambda: False)
    with pytest.raises(InputError, match=r"Dask is not installed.*epidot\[cluster\]"), workers(2, "local", 3):
        pass
