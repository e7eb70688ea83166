"""Bruker's raw diffusion data (``ser`` beside ``acqus`` and ``difflist``) -> the decay of one line.

The spectrum of the weakest gradient tells where the lines are; each is integrated over its own width in every
spectrum, with the phase it has in the first, and its noise is that of stretches without lines.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError, nearest
from epidot.instruments.dosy.gradients import WHERE, sequence_b
from epidot.instruments.nmr.parameters import whole
from epidot.instruments.nmr.vendors import library
from epidot.instruments.options import Settings
from epidot.matter.nuclei import nucleus, one_nucleus
from epidot.signal import Signal
from epidot.signal.decoding import decode, file_bytes

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_LINE = 0.05  # of the highest line, and
_CLEAR = 12.0  # standard deviations of the noise: what counts as a line
_WIDTHS = 3.0  # half widths of a line on either side that its integral takes
_MOST = 2**22  # points
_BROADENING = 1.0  # Hz, of the lines by apodisation, in units of the resolution


@dataclass(frozen=True)
class Spectra:
    """One spectrum per gradient, complex (m, n), over ``ppm`` (n,) ascending; settings in ``head``."""

    ppm: Array
    values: Complex
    head: dict[str, Any]


def read_bruker(file: Path, chosen: Settings) -> Signal:
    """The decay of a line in the raw data around ``file`` (a ``ser``).

    Raises
    ------
    InputError
        If a file beside it is missing or damaged, there is no such line, or the library that reads it is.
    """
    where = str(file)
    g = _gradients(file)
    spectra = _spectra(file, g.size)
    asked = None if chosen["nucleus"] is None else nucleus(chosen["nucleus"]).name
    said = one_nucleus(asked, (nucleus(spectra.head["nucleus"]).name,), where)
    delta, big = _times(file, spectra.head, chosen)
    order = np.argsort(g, kind="stable")
    g, values = g[order], spectra.values[order]
    lines = _lines(spectra.ppm, values[0])
    names = [f"{spectra.ppm[(a + b) // 2]:.2f} ppm" for a, b in lines]
    at = _chosen(chosen["column"], names, spectra.ppm, lines, where)
    y, sigma = _integrals(values, lines, at)
    b = sequence_b(g, said, delta, big, chosen)
    different, first = np.unique(b, return_index=True)
    meta = {
        "column": names[at], "columns": names, "column_number": at + 1, "nucleus": said,
        "gradient_T_per_m": g[first].tolist(), "delta_ms": delta, "big_delta_ms": big,
        **{k: spectra.head[k] for k in ("temperature_K", "solvent", "sequence")},
    }  # fmt: skip
    said_too: tuple[str, ...] = ()
    if chosen["column"] is None and len(names) > 1:
        said_too = (f"the highest of {len(names)} lines was read; choose with column: {', '.join(names)}",)
    return Signal(
        "dosy", different, y[first], "b", "s/m2", "intensity", "", "analog", "measured",
        sigma=np.full(different.size, sigma), source=where, warnings=said_too, meta=meta,
    )  # fmt: skip


def _gradients(file: Path) -> Array:
    """T/m, from ``difflist`` (in G/cm)."""
    beside = file.with_name("difflist")
    try:
        lines = decode(file_bytes(beside), str(beside)).lines
    except InputError:
        raise InputError(
            "no list of gradients beside the data: no diffusion measurement, or the list was not copied",
            str(file), nearest=("difflist",),
            remedy="copy the whole folder, or export a table of gradient (G/cm) and intensity",
        ) from None  # fmt: skip
    rows = [line.strip() for line in lines if line.strip()]
    try:
        return np.array([float(row) for row in rows]) * 1e-2
    except ValueError as error:
        raise InputError("the list of gradients is damaged", str(beside), seen=str(error)) from None


def _spectra(file: Path, count: int) -> Spectra:
    nmrglue = library(file)
    whole(file.parent)
    try:
        with warnings.catch_warnings():  # it warns of every file beside the data that it does not find
            warnings.simplefilter("ignore")
            head, fids = nmrglue.bruker.read(str(file.parent), bin_file=file.name)
        acqus = head["acqus"]
        fids = np.atleast_2d(np.asarray(fids, dtype=np.complex128))
        width, offset, basic = (float(acqus[k]) for k in ("SW_h", "O1", "BF1"))
    except (OSError, KeyError, ValueError, TypeError, IndexError, ArithmeticError) as error:
        raise InputError("the raw data are damaged or incomplete", str(file), seen=str(error)[:80]) from None
    m, n = fids.shape
    if m != count:
        what = "as many gradients as spectra are needed"
        raise InputError(what, str(file), seen=f"{count} and {m}")
    if fids.size > _MOST:
        raise InputError("too many points for a diffusion measurement", str(file), seen=f"{m} x {n}")
    fall = np.exp(-np.pi * _BROADENING * np.arange(n) / n)
    size = 2 ** int(np.ceil(np.log2(2 * n)))
    spectra = nmrglue.proc_base.fft(nmrglue.proc_base.zf_size(fids * fall, size))
    spectra = nmrglue.bruker.remove_digital_filter(head, spectra, post_proc=True)
    ppm = (offset + (np.arange(size) - size // 2) * width / size) / basic
    stated = {
        "nucleus": str(acqus.get("NUC1", "1H")).strip("<> "),
        "temperature_K": float(acqus["TE"]) if "TE" in acqus else None,
        "solvent": str(acqus.get("SOLVENT", "")) or None,
        "sequence": str(acqus.get("PULPROG", "")),
        "D20_ms": float(acqus["D"][20]) * 1e3 if len(acqus.get("D", ())) > 20 else 0.0,
        "P30_ms": float(acqus["P"][30]) * 1e-3 if len(acqus.get("P", ())) > 30 else 0.0,
    }
    return Spectra(ppm, spectra, stated)


def _times(file: Path, head: dict[str, Any], chosen: Settings) -> tuple[float, float]:
    """δ and Δ in ms: as asked, as in ``diff.xml`` (δ of a rectangle of the same area), or P30 and D20."""
    delta, big = chosen["delta_ms"], chosen["big_delta_ms"]
    beside = file.with_name("diff.xml")
    if beside.exists():
        text = "\n".join(decode(file_bytes(beside), str(beside)).lines)
        stated = [re.search(rf"<{tag}>\s*([\d.]+)", text) for tag in ("delta", "DELTA")]
        delta, big = (
            own or (float(one[1]) if one else None) for own, one in zip((delta, big), stated, strict=True)
        )
    twice = 2.0 if "bp" in head["sequence"].lower() else 1.0
    delta = delta or twice * head["P30_ms"]
    big = big or head["D20_ms"]
    missing = [name for name, value in (("delta_ms", delta), ("big_delta_ms", big)) if not value]
    if missing:
        what = f"the parameters do not say {' and '.join(missing)}"
        raise InputError(what, str(file), remedy="; ".join(f"give {n} ({WHERE[n]})" for n in missing))
    return float(delta), float(big)


def _lines(ppm: Array, spectrum: Complex) -> list[tuple[int, int]]:
    """First and last point of every line, the highest first."""
    height = np.abs(spectrum)
    noise = float(np.median(height)) / 1.18  # the magnitude of noise has that median
    floor = max(_LINE * float(height.max()), _CLEAR * noise)
    left = height.copy()
    found: list[tuple[int, int, float]] = []
    while left.max() > floor and len(found) < 40:
        top = int(np.argmax(left))
        a = b = top
        while a > 0 and height[a - 1] > height[top] / 2:
            a -= 1
        while b < height.size - 1 and height[b + 1] > height[top] / 2:
            b += 1
        reach = max(int(_WIDTHS * max(b - top, top - a)), 3)
        a, b = max(top - reach, 0), min(top + reach, height.size - 1)
        if not any(first <= top <= last for first, last, _ in found):
            found.append((a, b, float(height[top])))
        left[max(a - reach, 0) : b + reach + 1] = 0.0
    return [(a, b) for a, b, _ in found]


def _chosen(
    column: str | None, names: list[str], ppm: Array, lines: list[tuple[int, int]], where: str
) -> int:
    if not names:
        raise InputError("no line stands clear of the noise", where)
    if column is None:
        return 0
    text = str(column).strip()
    if text in names:
        return names.index(text)
    if text.isdigit() and 1 <= int(text) <= len(names):
        return int(text) - 1
    number = re.match(r"-?[\d.]+", text)
    if number:
        inside = [i for i, (a, b) in enumerate(lines) if ppm[a] <= float(number[0]) <= ppm[b]]
        if inside:
            return inside[0]
    raise InputError(
        "there is no such line", where, seen=text, nearest=nearest(text, names) or tuple(names[:6])
    )


def _integrals(values: Complex, lines: list[tuple[int, int]], at: int) -> tuple[Array, float]:
    """The integral of a line in every spectrum, in its phase in the first, and the noise of such a sum."""
    a, b = lines[at]
    n = b - a + 1
    flank = np.r_[max(a - n, 0) : a, b + 1 : min(b + n, values.shape[1] - 1) + 1]
    level = np.mean(values[:, flank], axis=1, keepdims=True)
    sums = (values[:, a : b + 1] - level).sum(axis=1)
    phased = sums * np.exp(-1j * np.angle(sums[0]))
    free = np.ones(values.shape[1], dtype=np.bool_)
    for first, last in lines:
        wide = 10 * (last - first + 1)
        free[max(first - wide, 0) : last + wide + 1] = False
    # The same sum where there is no line: a block of n points less the mean of its neighbours.
    starts = np.arange(n, values.shape[1] - 2 * n, n)
    starts = starts[[bool(np.all(free[k - n : k + 2 * n])) for k in starts]]
    sums_at = [values[:, k : k + n].real.sum(axis=1) for k in starts]
    around = [
        (values[:, k - n : k].real.sum(axis=1) + values[:, k + n : k + 2 * n].real.sum(axis=1)) / 2
        for k in starts
    ]
    scale = float(np.max(np.abs(phased)))
    quiet = np.abs(np.array(sums_at) - np.array(around)) if starts.size > 6 else np.zeros((1, 1))
    sigma = 1.4826 * float(np.median(quiet)) / scale
    return np.asarray(phased.real / scale), max(sigma, 1e-6)
