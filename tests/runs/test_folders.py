"""A folder of results has one owner, its results come together, and no signal leaves half of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from epidot.errors import InputError, WorkError
from epidot.files import CannotWrite
from epidot.folders import LOCK, PART, WHOLE, InUse, owned, refuse_foreign
from epidot.runs import checkpoint
from epidot.runs.output import NAMES

unix = pytest.mark.skipif(os.name != "posix", reason="signals of unix")
HOLD = """
import sys
from epidot.folders import owned
with owned(sys.argv[1]):
    print("mine", flush=True)
    input()
"""
RUN = ("run", "choi2023/inp-se", "--engine", "meanfield", "--dots", "2", "--no-interval", "-o")


def _left(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_second_owner_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "results"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mine\n"
        with pytest.raises(InUse, match=f"process {other.pid} on "), owned(folder):
            pass
        other.kill()  # the system takes the lock back, however the owner ends
    assert _left(folder) == [LOCK]
    with owned(folder):
        pass
    assert _left(folder) == []


def test_an_empty_new_folder_is_taken_away_again(tmp_path: Path) -> None:
    with owned(tmp_path / "a" / "b"):
        assert _left(tmp_path / "a" / "b") == [LOCK]
    assert _left(tmp_path) == []


def test_results_come_together_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("old", encoding="utf-8")
    with owned(tmp_path) as own:
        with pytest.raises(IsADirectoryError), own.staged() as part:
            part.write_text("no file", encoding="utf-8")
        assert (tmp_path / "one").read_text(encoding="utf-8") == "old"
        assert not (tmp_path / PART).exists()
        with own.staged() as part:
            (part / "one").write_text("new", encoding="utf-8")
            (part / "two").write_text("new", encoding="utf-8")
            own.commit()
    assert _left(tmp_path) == ["one", "two"]
    assert (tmp_path / "one").read_text(encoding="utf-8") == "new"


def test_whole_results_of_a_killed_run_take_their_places(tmp_path: Path) -> None:
    (tmp_path / WHOLE).mkdir()
    (tmp_path / WHOLE / "two").write_text("new", encoding="utf-8")
    with owned(tmp_path) as own:
        assert own.settle()
        assert not own.settle()
    assert _left(tmp_path) == ["two"]


def test_a_folder_that_was_replaced_is_not_written_into(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with owned(folder) as own:
        os.rename(folder, tmp_path / "moved")
        folder.mkdir()
        with pytest.raises(WorkError, match="removed or replaced"), own.staged():
            pass
    assert _left(tmp_path) == ["moved"]


def test_files_of_somebody_else_are_refused_and_hidden_ones_are_nobodys(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").touch()
    (tmp_path / "batch.nc").touch()
    refuse_foreign(tmp_path, {"batch.nc"})
    with pytest.raises(InputError, match=r"saw 'batch\.nc'.*--overwrite"):
        refuse_foreign(tmp_path, ())


def test_a_folder_that_cannot_be_written_is_named_and_not_its_lock(tmp_path: Path) -> None:
    (tmp_path / LOCK).mkdir()  # stands in the way whoever we are
    with pytest.raises(CannotWrite) as refused, owned(tmp_path):
        pass
    assert refused.value.faults[0].where == str(tmp_path)
    assert LOCK not in str(refused.value)


def _epidot(*words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "epidot", *words], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


@unix
def test_killed_and_interrupted_runs_go_on_to_the_same_bits(tmp_path: Path) -> None:
    right = tmp_path / "right"
    assert _epidot(*RUN, str(right))[0] == 0
    for how in (signal.SIGKILL, signal.SIGTERM):
        folder = tmp_path / how.name
        with subprocess.Popen(
            [sys.executable, "-m", "epidot", *RUN, str(folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as run:
            until = time.monotonic() + 120
            while run.poll() is None and not (folder / checkpoint.NAME).exists() and time.monotonic() < until:
                time.sleep(0.002)
            run.send_signal(how)
            messages = run.communicate()[1]
        assert "Traceback" not in messages
        if run.returncode:  # 0: it was done before the signal came
            if how is signal.SIGTERM:
                assert run.returncode == 1
                assert "--resume goes on from" in messages
                assert _left(folder) == [checkpoint.NAME]
            assert _epidot(*RUN, str(folder), "--resume")[0] == 0
        assert _left(folder) == sorted(NAMES)
        for name in NAMES:
            assert (folder / name).read_bytes() == (right / name).read_bytes(), name
    status, messages = _epidot(*RUN, str(right), "--resume", "--seed", "7")
    assert (status, "had another seed" in messages) == (2, True)
    status, messages = _epidot(*RUN, str(right), "--resume")
    assert (status, "done already" in messages) == (0, True)


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / checkpoint.NAME).write_bytes(b"epidot-checkpoint/2 0123\nabc")
    with pytest.raises(InputError, match="damaged"):
        checkpoint.load(tmp_path, {})
