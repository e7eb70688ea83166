"""Files of images -> signals; a scale is the file's own or the user's, and where it came from is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.instruments.tem import emd, gatan, pictures
from epidot.instruments.tem.decoded import METRES, Read
from epidot.signal import Signal
from epidot.signal.decoding import file_bytes
from epidot.units import parse

_LEAST, _MOST = 1e-4, 1e3  # nm per pixel that an electron microscope shows
_AGREE = 0.01
_SEVERAL = re.compile(r"^(?P<length>.+?)\s*/\s*(?P<n>[\d.]*)\s*(?:px|pixels?)$", re.IGNORECASE)


def read_image(path: str | Path, chosen: Settings) -> Signal:
    """The image in a file.

    Raises
    ------
    InputError
        If it is none that can be read, too large, empty of contrast, or of unknown scale.
    """
    where = str(path)
    raw = file_bytes(path)
    given = None if chosen["scale"] is None else length_of_a_pixel(chosen["scale"], where)
    found = _reader(raw)(raw, where, chosen["frame"])
    values = found.values
    if values.ndim != 2 or min(values.shape) < 2:
        raise InputError("not a picture of two dimensions", where, seen=" x ".join(map(str, values.shape)))
    if not np.all(np.isfinite(values)):
        raise InputError("the picture holds values that are no numbers", where)
    if float(values.min()) == float(values.max()):
        raise InputError(
            "every pixel has the same value: there is nothing to see", where, seen=f"{values.flat[0]:g}"
        )
    scale, source, warnings = _scale(found, given, where)
    m, n = values.shape
    return Signal(
        "tem",
        scale * np.arange(n, dtype=np.float64),
        values,
        "place",
        "nm",
        "grey value",
        "",
        "analog",
        "measured",
        source=where,
        warnings=(*found.warnings, *warnings),
        meta={**found.meta, "scale_nm": scale, "scale_from": source, "pixels": [m, n]},
        rows=scale * np.arange(m, dtype=np.float64),
    )


def _reader(raw: bytes) -> Callable[[bytes, str, int | None], Read]:
    if raw[:4] in (b"\0\0\0\3", b"\0\0\0\4"):
        return gatan.read
    return emd.read if raw.startswith(b"\x89HDF") else pictures.read


def _scale(found: Read, given: float | None, where: str) -> tuple[float, str, tuple[str, ...]]:
    own = found.scale_nm
    if given is not None:
        if own is not None and abs(given / own - 1) > _AGREE:
            said = f"the file says {own:.4g} nm per pixel ({found.scale_from}); "
            said += f"{given:.4g} nm was asked for and is taken"
            return given, "given", (said,)
        return given, "given", ()
    if own is None:
        raise InputError(
            "the file does not say how long a pixel is",
            where,
            remedy="give it: --scale 0.1nm, or over a scale bar --scale 50nm/412px",
        )
    if not _LEAST <= own <= _MOST:
        raise InputError(
            "the scale in the file is none of an electron microscope",
            where,
            seen=f"{own:.4g} nm per pixel ({found.scale_from})",
            remedy="give it with --scale",
        )
    return own, found.scale_from, ()


def length_of_a_pixel(text: str, where: str) -> float:
    """``0.1nm``, ``1.2 A``, ``0.1 nm/px`` or ``50nm/412px`` -> nm per pixel.

    Raises
    ------
    InputError
        If it is none of these, or no length that a pixel can have.
    """
    match = _SEVERAL.match(str(text).strip())
    length, count = (match["length"], match["n"] or "1") if match else (str(text).strip(), "1")
    remedy = "write e.g. 0.1nm, 1.2A or 50nm/412px"
    try:
        number = re.fullmatch(r"([\d.eE+-]+)\s*(\S+)", length)
        if number and number[2].lower() in METRES:
            value = float(number[1]) * METRES[number[2].lower()]
        else:
            value = float(parse(length, "length"))
        found = value / float(count)
    except (ValueError, ZeroDivisionError, InputError):
        raise InputError("not a length of a pixel", where, seen=str(text), remedy=remedy) from None
    if not _LEAST <= found <= _MOST:
        what = f"a pixel is between {_LEAST:g} and {_MOST:g} nm long"
        raise InputError(what, where, seen=str(text), remedy=remedy)
    return found
