"""NIST's certified nonlinear regressions: files, models, and how many digits an answer shares with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy import arctan, cos, exp, pi, sin
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
FOLDER = Path(__file__).parent
MOST = 11.0  # digits that are certified


def _gauss(b: Array, x: Array) -> Array:
    return b[0] * exp(-b[1] * x) + sum(b[k] * exp(-((x - b[k + 1]) ** 2) / b[k + 2] ** 2) for k in (2, 5))


def _enso(b: Array, x: Array) -> Array:
    out = b[0] + b[1] * cos(2 * pi * x / 12) + b[2] * sin(2 * pi * x / 12)
    for k in (3, 6):
        out = out + b[k + 1] * cos(2 * pi * x / b[k]) + b[k + 2] * sin(2 * pi * x / b[k])
    return out


def _cubic_over_cubic(b: Array, x: Array) -> Array:
    top = b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3
    return np.asarray(top / (1 + b[4] * x + b[5] * x**2 + b[6] * x**3))


def _chwirut(b: Array, x: Array) -> Array:
    return np.asarray(exp(-b[0] * x) / (b[1] + b[2] * x))


def _lanczos(b: Array, x: Array) -> Array:
    return np.asarray(sum(b[k] * exp(-b[k + 1] * x) for k in (0, 2, 4)))


MODELS: dict[str, Callable[[Array, Array], Array]] = {
    "Bennett5": lambda b, x: b[0] * (b[1] + x) ** (-1 / b[2]),
    "BoxBOD": lambda b, x: b[0] * (1 - exp(-b[1] * x)),
    "Chwirut1": _chwirut,
    "Chwirut2": _chwirut,
    "DanWood": lambda b, x: b[0] * x ** b[1],
    "ENSO": _enso,
    "Eckerle4": lambda b, x: b[0] / b[1] * exp(-0.5 * ((x - b[2]) / b[1]) ** 2),
    "Gauss1": _gauss,
    "Gauss2": _gauss,
    "Gauss3": _gauss,
    "Hahn1": _cubic_over_cubic,
    "Kirby2": lambda b, x: (b[0] + b[1] * x + b[2] * x**2) / (1 + b[3] * x + b[4] * x**2),
    "Lanczos1": _lanczos,
    "Lanczos2": _lanczos,
    "Lanczos3": _lanczos,
    "MGH09": lambda b, x: b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3]),
    "MGH10": lambda b, x: b[0] * exp(b[1] / (x + b[2])),
    "MGH17": lambda b, x: b[0] + b[1] * exp(-x * b[3]) + b[2] * exp(-x * b[4]),
    "Misra1a": lambda b, x: b[0] * (1 - exp(-b[1] * x)),
    "Misra1b": lambda b, x: b[0] * (1 - (1 + b[1] * x / 2) ** -2),
    "Misra1c": lambda b, x: b[0] * (1 - (1 + 2 * b[1] * x) ** -0.5),
    "Misra1d": lambda b, x: b[0] * b[1] * x / (1 + b[1] * x),
    "Nelson": lambda b, x: b[0] - b[1] * x[0] * exp(-b[2] * x[1]),
    "Rat42": lambda b, x: b[0] / (1 + exp(b[1] - b[2] * x)),
    "Rat43": lambda b, x: b[0] / (1 + exp(b[1] - b[2] * x)) ** (1 / b[3]),
    "Roszman1": lambda b, x: b[0] - b[1] * x - arctan(b[2] / (x - b[3])) / pi,
    "Thurber": _cubic_over_cubic,
}


@dataclass(frozen=True, eq=False)
class Certified:
    """One set: predictors ``x`` (n,) or (k, n), responses ``y`` (n,), two ``starts``, what is certified."""

    name: str
    x: Array
    y: Array
    starts: tuple[Array, Array]
    values: Array
    deviations: Array

    def residuals(self, b: Array) -> Array:
        """Model minus readings, shape (n,)."""
        return np.asarray(MODELS[self.name](b, self.x) - self.y, dtype=np.float64)


def certified(name: str) -> Certified:
    """The set of this name; of Nelson the logarithm of the response, as its model has it."""
    lines = (FOLDER / f"{name}.dat").read_text(encoding="ascii").splitlines()
    rows = [line.split("=")[1].split() for line in lines[40:58] if line.strip().startswith("b")]
    parameters = np.array(rows, dtype=np.float64).T
    data = np.array([line.split() for line in lines[60:] if line.strip()], dtype=np.float64).T
    x = data[1] if len(data) == 2 else data[1:]
    y = np.log(data[0]) if name == "Nelson" else data[0]
    return Certified(name, x, y, (parameters[0], parameters[1]), parameters[2], parameters[3])


def digits(found: ArrayLike, truth: Array) -> float:
    """Digits that all of ``found`` share with ``truth``, 0 to ``MOST``; what is no number shares none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        off = -np.log10(np.abs((np.asarray(found, dtype=np.float64) - truth) / truth))
    return float(np.clip(np.min(np.nan_to_num(off, nan=0.0, posinf=MOST)), 0.0, MOST))
