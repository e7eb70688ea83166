"""Files of parameters beside raw data, looked at before a library reads them that never ends on some.

nmrglue goes on reading at the end of a file while a text is not closed or a list has too few values.
"""

from __future__ import annotations

import re
from pathlib import Path

from epidot.errors import InputError
from epidot.signal.decoding import file_bytes

_BRUKER = ("acqu", "acqus", "acqu2", "acqu2s", "acqu3s", "proc", "procs", "proc2s", "proc3s")
_OTHERS = ("procpar", "acqu.par")
_LARGEST = 2_000_000  # bytes; those of a measurement have some ten thousand
_LIST = re.compile(r"^##[^\n=]*=\s*\(\s*\d+\s*\.\.\s*(\d+)\s*\)([^#]*)", re.MULTILINE)
_TEXT = re.compile(r"^##[^\n=<]*=[^\n<]*<([^>]*)(>?)", re.MULTILINE)


def whole(folder: Path) -> None:
    """Refuse parameters in ``folder`` that are cut off or far too long.

    Raises
    ------
    InputError
        Naming the file.
    """
    for name in (*_BRUKER, *_OTHERS):
        file = folder / name
        if not file.is_file():
            continue
        raw = file_bytes(file)
        if len(raw) > _LARGEST:
            raise InputError("too long for parameters of NMR", str(file), seen=f"{len(raw)} bytes")
        if name in _OTHERS:
            continue
        text = raw.decode("latin-1")
        cut = next((m[0] for m in _TEXT.finditer(text) if not m[2]), None)
        cut = cut or next(
            (m[0] for m in _LIST.finditer(text) if len(m[2].split()) <= int(m[1][:9]) and "<" not in m[2]),
            None,
        )
        if cut is not None:
            seen = cut.splitlines()[0][:60]
            raise InputError("the parameters beside the data are cut off", str(file), seen=seen)
