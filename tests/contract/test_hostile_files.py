"""Files made to harm end in a message: within 5 s and 1 GB each, for the reader of every instrument.

All files of one reader go through one process whose memory and time the system itself limits.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from epidot import instruments
from hostile import files

SECONDS, BYTES = 5.0, 1e9
READ = """
import json, resource, sys, time
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (6 * 10**9, 6 * 10**9))
from epidot import instruments
from epidot.errors import InputError
read = instruments.instrument(sys.argv[1]).read
good = Path(sys.argv[2]) / "good.txt"
try:
    read(good)  # what is imported late is not the file's fault
except InputError:
    pass
for path in sorted(p for p in Path(sys.argv[2]).rglob("*") if p.is_file()):
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 60, resource.RLIM_INFINITY))
    start = time.process_time()
    try:
        read(path)
        ended = "read"
    except InputError as error:
        here = path.name in str(error) or str(path.parent) in str(error)  # or the parameters beside it
        ended = "refused" if here else f"without its place: {error}"
    except BaseException as error:
        ended = f"{type(error).__name__}: {error}"
    # What the system counts for getrusage holds the memory of the process that started this one too.
    status = Path("/proc/self/status").read_text()
    most = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024
    name = str(path.relative_to(sys.argv[2]))
    print(json.dumps([name, ended, time.process_time() - start, most]), flush=True)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("hostile")
    for name, content in files().items():
        (found / name).parent.mkdir(exist_ok=True)
        (found / name).write_bytes(content)
    (found / "good.txt").write_text("".join(f"{400 + n} {1000 - n}\n" for n in range(100)))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory as Linux counts them")
@pytest.mark.parametrize("name", instruments.names())
def test_hostile_files_end_soon_and_small(name: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ, name, str(folder)], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-1000:]
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(seen) == len(files()) + 1
    faults = [
        f"{file}: {ended[:200]}, {seconds:.1f} s, {most / 1e6:.0f} MB"
        for file, ended, seconds, most in seen
        if ended not in ("read", "refused") or seconds > SECONDS or most > BYTES
    ]
    assert not faults, "\n".join(faults)
