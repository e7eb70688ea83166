"""Data of spectrometers (Bruker, Varian, Magritek, JEOL, JCAMP-DX) -> a spectrum over ppm, by nmrglue.

Free decays are transformed as they are, without window and zero filling: the noise of every point is
its own.  Spectra that a program made are taken as they are.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from epidot.errors import InputError, nearest
from epidot.instruments.nmr.decays import Complex, Decays, number
from epidot.instruments.nmr.jcamp import jcamp
from epidot.instruments.nmr.jeol import jeol
from epidot.instruments.nmr.parameters import whole
from epidot.instruments.options import Settings
from epidot.matter.nuclei import nucleus_names, one_nucleus
from epidot.signal import Signal

_MOST = 2**24  # points
_UNSET_HZ = 0.5
_UNREFERENCED = (
    "nobody referenced this spectrum (reffrq = sfrq): its shifts are counted from where the transmitter "
    "stood, no line has a candidate; give --reference, e.g. 0.44=0.50 (seen=true)"
)


def library(file: Path) -> Any:
    """nmrglue, which reads ``file``.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import nmrglue
    except ImportError:
        raise InputError(
            "raw NMR data are read by a library that is not installed",
            str(file),
            remedy="pip install 'epidot[nmr]'",
        ) from None
    return nmrglue


def read_vendor(file: Path, chosen: Settings) -> Signal:
    """The spectrum in a vendor's file, or in the file beside it that holds it.

    Raises
    ------
    InputError
        If the library that reads it is not installed, or the file is damaged or incomplete.
    """
    nmrglue = library(file)
    for folder in (file.parent, file.parent / "pdata" / "1", file.parent.parent.parent):
        whole(folder)
    name = file.name.lower()
    how: Callable[[Any, Path], Decays]
    if name == "1r":
        how = _processed
    elif name == "data.1d":
        how = _magritek
    elif name.endswith(".jdf"):
        how = jeol
    elif name.endswith((".dx", ".jdx", ".jcamp")):
        how = jcamp
    else:
        how = _varian if (file.parent / "procpar").exists() else _bruker
    try:
        with warnings.catch_warnings():  # it warns of every file beside the data that it does not find
            warnings.simplefilter("ignore")
            found = how(nmrglue, file)
            if not (found.width_Hz > 0 and found.MHz > 0 and 16 <= found.values.shape[1] <= _MOST):
                raise ValueError(f"{found.values.shape[1]} points over {found.width_Hz:g} Hz")
            values = found.values if found.spectra else _transformed(found.values)
            if not np.all(np.isfinite(values)):
                raise ValueError("readings that are no numbers")
    except InputError:
        raise
    except Exception as error:  # a reader of others may fail in any way on a damaged file
        what = "the NMR data are damaged or incomplete"
        raise InputError(what, str(file), seen=f"{type(error).__name__}: {error}"[:80]) from None
    return _signal(found, values, file, chosen)


def _signal(found: Decays, values: Complex, file: Path, chosen: Settings) -> Signal:
    where = str(file)
    m, n = values.shape
    names = [str(i + 1) for i in range(m)]
    asked = chosen["column"]
    if asked is not None and str(asked).strip() not in names:
        raise InputError(
            "there is no such spectrum", where, seen=str(asked), nearest=nearest(str(asked), names)
        )
    at = 0 if asked is None else int(str(asked)) - 1
    said = (
        (f"the first of {m} spectra was read; choose with column: 1 to {m}",)
        if asked is None and m > 1
        else ()
    )
    MHz = float(chosen["frequency_MHz"] or found.MHz)
    named = _nucleus(found.nucleus)
    seen = one_nucleus(chosen["nucleus"], (named,) if named else (), where)
    x = found.middle_ppm + (np.arange(n) - n // 2) * found.width_Hz / n / MHz
    if not (np.all(np.isfinite(x)) and np.all(np.diff(x) > 0)):
        seen_too = f"{n} points over {found.width_Hz:g} Hz about {found.middle_ppm:g} ppm"
        raise InputError("the parameters of the axis are damaged", where, seen=seen_too)
    row = values[at]
    meta = {
        "nucleus": seen,
        "MHz": MHz,
        "temperature_K": chosen["temperature_K"] or found.temperature_K,
        "solvent": found.solvent,
        "state": "solution",
        "column": names[at],
        "columns": names,
        "column_number": at + 1,
        "referenced": found.referenced,
    }
    own = Signal(
        "nmr",
        x,
        row.real,
        "chemical shift",
        "ppm",
        "intensity",
        "",
        "analog",
        "measured",
        source=where,
        warnings=(*said, *found.warnings),
        meta=meta,
    )
    if not np.any(row.imag):
        return own
    beside = Signal(
        "nmr", x, row.imag, "chemical shift", "ppm", "intensity", "", "analog", "measured", source=where
    )
    return replace(own, companions={"imaginary": beside})


def _nucleus(text: str) -> str | None:
    plain = re.sub(r"[^A-Za-z0-9]", "", text)
    known = {name.lower(): name for name in nucleus_names()}
    turned = re.sub(r"^([A-Za-z]+)(\d+)$", r"\2\1", plain).lower()
    return known.get(turned) or known.get(plain.lower())


def _transformed(decays: Complex) -> Complex:
    """Spectra (m, n), ascending in frequency, the first point halved as the integral of a decay wants."""
    first = decays.copy()
    first[:, 0] *= 0.5
    return np.asarray(np.fft.fftshift(np.fft.fft(first, axis=1), axes=1))


def _processed(library: Any, file: Path) -> Decays:
    head, parts = library.bruker.read_pdata(str(file.parent), bin_files=["1r"])
    real = np.asarray(parts, dtype=np.float64).ravel()
    imaginary = np.zeros_like(real)
    if file.with_name("1i").exists():
        _, other = library.bruker.read_pdata(str(file.parent), bin_files=["1i"])
        other = np.asarray(other, dtype=np.float64).ravel()
        imaginary = other if other.size == real.size else imaginary
    procs = head["procs"]
    SF, offset, width = float(procs["SF"]), float(procs["OFFSET"]), float(procs["SW_p"])
    folder = file.parent.parent.parent
    acqus = library.bruker.read_jcamp(str(folder / "acqus")) if (folder / "acqus").exists() else {}
    n = real.size
    step = width / n / SF
    values = (real + 1j * imaginary)[::-1][None, :]
    # point 0 of the file lies at OFFSET; turned round, the middle is n // 2 points from the low end
    low = offset - (n - 1) * step
    return Decays(
        values,
        width,
        SF,
        low + (n // 2) * step,
        str(acqus.get("NUC1", procs.get("AXNUC", ""))).strip("<> "),
        number(acqus.get("TE")),
        str(acqus.get("SOLVENT", "")).strip("<> "),
        True,
    )


def _bruker(library: Any, file: Path) -> Decays:
    head, values = library.bruker.read(str(file.parent), bin_file=file.name)
    acqus = head["acqus"]
    values = np.atleast_2d(np.asarray(values, dtype=np.complex128))
    delay = float(acqus.get("GRPDLY") or 0)
    if delay > 0 or (delay == 0 and float(acqus.get("DECIM") or 1) > 1):  # else there is no digital filter
        values = library.bruker.remove_digital_filter(head, values)
        values = np.atleast_2d(np.asarray(values, dtype=np.complex128))
    basic, offset = float(acqus["BF1"]), float(acqus["O1"])
    procs = file.parent / "pdata" / "1" / "procs"
    SF = basic
    if procs.exists():
        SF = float(library.bruker.read_jcamp(str(procs)).get("SF", basic)) or basic
    middle = (basic * 1e6 + offset - SF * 1e6) / SF
    return Decays(
        values,
        float(acqus["SW_h"]),
        SF,
        middle,
        str(acqus.get("NUC1", "")).strip("<> "),
        number(acqus.get("TE")),
        str(acqus.get("SOLVENT", "")).strip("<> "),
    )


def _varian(library: Any, file: Path) -> Decays:
    head, values = library.varian.read(str(file.parent), fid_file="fid")
    par = head["procpar"]

    def said(key: str, default: str = "") -> str:
        return str(par[key]["values"][0]) if key in par else default

    width, MHz = float(said("sw")), float(said("sfrq"))
    reference = float(said("reffrq", said("sfrq")))
    middle = (width / 2 - float(said("rfl", str(width / 2))) + float(said("rfp", "0"))) / reference
    celsius = number(said("temp") or None)
    referenced = abs(reference - MHz) * 1e6 >= _UNSET_HZ  # VnmrJ sets both alike where nobody referenced
    return Decays(
        np.conj(np.atleast_2d(np.asarray(values, dtype=np.complex128))),
        width,
        MHz,
        middle,
        said("tn"),
        None if celsius is None else celsius + 273.15,
        said("solvent"),
        warnings=() if referenced else (_UNREFERENCED,),
        referenced=referenced,
    )


def _magritek(library: Any, file: Path) -> Decays:
    head, values = library.spinsolve.read(str(file.parent), specfile=file.name)
    acqu = head["acqu"]
    MHz, width = float(acqu["b1Freq"]), float(acqu["bandwidth"]) * 1e3
    middle = (float(acqu["lowestFrequency"]) + width / 2) / MHz
    celsius = number(acqu.get("CurrentTemperatureMagnet"))
    return Decays(
        np.atleast_2d(np.asarray(values, dtype=np.complex128)),
        width,
        MHz,
        middle,
        str(acqu.get("rxChannel", "")),
        None if celsius is None else celsius + 273.15,
        str(acqu.get("Solvent", "")),
    )
