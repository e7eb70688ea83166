"""One way to write: whole or not at all, with a message for every trouble; reading never waits."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from epidot import files
from epidot.errors import InputError


def _names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_it_writes_over_what_was_there_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    files.write(target, "größer")
    assert target.read_bytes() == "größer".encode()
    files.write(target, b"\x00\r\n")
    assert target.read_bytes() == b"\x00\r\n"
    assert _names(tmp_path) == ["a.txt"]


def test_the_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    files.write(tmp_path / "ours", "")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "link.txt").symlink_to(tmp_path / "far" / "real.txt")
    files.write(tmp_path / "link.txt", "x")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "far" / "real.txt").read_text() == "x"


@pytest.mark.parametrize("call", ["write", "replace", "close"])
@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full; make room"),
        (OSError(errno.EDQUOT, "Quota exceeded"), "your share of the disk is full"),
        (OSError(errno.EROFS, "Read-only file system"), "the disk can only be read"),
        (PermissionError(errno.EPERM, "Operation not permitted"), "not permitted"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
        (KeyboardInterrupt(), None),
    ],
    ids=lambda x: type(x).__name__,
)
def test_in_trouble_the_old_file_stays_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, trouble: BaseException, says: str | None
) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fails(*arguments: object) -> None:
        if call == "close":
            real(*arguments)
        raise trouble

    real = getattr(os, call)
    monkeypatch.setattr(f"epidot.files.os.{call}", fails)
    if says is None:
        with pytest.raises(KeyboardInterrupt):
            files.write(target, "new" * 10_000)
    else:
        with pytest.raises(files.CannotWrite) as caught:
            files.write(target, "new" * 10_000)
        assert says in str(caught.value)
        assert str(target) in str(caught.value)
    monkeypatch.undo()
    assert target.read_text() == "old"
    assert _names(tmp_path) == ["a.txt"]


def _bad_targets(folder: Path) -> dict[str, tuple[Path, str]]:
    (folder / "file").write_text("x")
    (folder / "folder").mkdir()
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "dangling").symlink_to(folder / "nowhere" / "a.txt")
    os.mkfifo(folder / "pipe")
    return {
        "missing folder": (folder / "no" / "such" / "a.txt", "there is no folder"),
        "a file as folder": (folder / "file" / "a.txt", "is a file, not a folder"),
        "a file high up": (folder / "file" / "b" / "a.txt", "is a file, not a folder"),
        "a folder": (folder / "folder", "it is a folder; give the name of a file"),
        "long name": (folder / ("n" * 300), "the name is too long; choose a shorter one"),
        "long path": (folder / "/".join(["n" * 200] * 30), "the name is too long"),
        "loop": (folder / "loop", "the link leads to itself"),
        "dangling": (folder / "dangling", "there is no folder"),
        "unread pipe": (folder / "pipe", "a pipe that nobody reads"),
        "null": (folder / "a\0b", "null"),
    }


@pytest.mark.parametrize("verb", ["check", "write"])
def test_every_bad_target_is_told_before_and_after_the_work(tmp_path: Path, verb: str) -> None:
    for name, (target, says) in _bad_targets(tmp_path).items():
        there = _names(tmp_path)
        with pytest.raises(files.CannotWrite) as caught:
            files.check(target) if verb == "check" else files.write(target, "x")
        assert says in str(caught.value), name
        assert _names(tmp_path) == there, name


@pytest.mark.parametrize("place", ["/proc/epidot-a.txt", "/sys/epidot-a.txt"])
def test_places_where_nothing_can_be_made(place: str) -> None:
    if not Path(place).parent.is_dir():
        pytest.skip(f"no {Path(place).parent} here")
    for call in (files.check, lambda p: files.write(p, "x"), lambda p: files.check_folder(p, ("a",))):
        with pytest.raises(
            files.CannotWrite, match=r"cannot be written: (nothing can|not permitted|the disk)"
        ):
            call(place)


def test_devices_are_written_to_and_stay_devices(tmp_path: Path) -> None:
    files.write(os.devnull, "x")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    if Path("/dev/full").exists():
        with pytest.raises(files.CannotWrite, match="the disk is full"):
            files.write("/dev/full", "x")


def test_a_file_that_may_not_be_changed_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    monkeypatch.setattr("epidot.files.os.access", lambda path, mode: False)  # root may do everything
    with pytest.raises(files.CannotWrite, match="not permitted"):
        files.write(target, "new")
    assert target.read_text() == "old"


def test_check_leaves_no_trace(tmp_path: Path) -> None:
    files.check(tmp_path / "a.txt")
    files.check_folder(tmp_path / "new" / "deep", ("a", "b"))
    assert _names(tmp_path) == []
    (tmp_path / "there").mkdir()
    files.check_folder(tmp_path / "there", ("a", "b"))
    assert _names(tmp_path) == ["there"]


def test_a_folder_that_cannot_take_its_files_is_refused_early(tmp_path: Path) -> None:
    (tmp_path / "out" / "b").mkdir(parents=True)
    with pytest.raises(files.CannotWrite, match="b: cannot be written: it is a folder"):
        files.check_folder(tmp_path / "out", ("a", "b"))
    (tmp_path / "file").write_text("x")
    with pytest.raises(files.CannotWrite, match="a folder is needed"):
        files.check_folder(tmp_path / "file", ("a",))
    with pytest.raises(files.CannotWrite, match="is a file, not a folder"):
        files.check_folder(tmp_path / "file" / "x" / "y", ("a",))
    assert _names(tmp_path) == ["file", "out"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("absent", "absent: no such file"),
        ("folder", "folder: is a folder; name one list in it"),
        ("file/x", "file/x: cannot be read (Not a directory)"),
        (os.devnull, "is a device, not a file"),
        ("/dev/zero", "is a device, not a file"),
        ("big", "big: too large for a list, saw '2 MB'; epidot reads at most 1 MB"),
        ("/proc/self/mem", "cannot be read (Input/output error)"),
        ("a\0b", "cannot be read (embedded null byte)"),
    ],
)
def test_what_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, says: str
) -> None:
    if source.startswith("/") and not Path(source).exists():
        pytest.skip(f"no {source} here")
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("file").write_text("x")
    Path("big").write_bytes(bytes(2_000_000))
    with pytest.raises(InputError) as caught:
        files.read(source, 1_000_000, "list")
    assert says in str(caught.value)


def test_a_pipe_gives_what_is_in_it_and_never_waits_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert files.read(tmp_path / "pipe", 10, "list") == b""
    reader, writer = os.pipe()
    os.write(writer, b"abc")
    os.close(writer)
    assert files.read(f"/dev/fd/{reader}", 10, "list") == b"abc"
    os.close(reader)
