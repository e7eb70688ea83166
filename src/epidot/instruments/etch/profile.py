"""What an etch gives: rounds of removal, the amounts set free in each, and how sure each amount is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.signal import Signal

Array = NDArray[np.float64]
HALIDES = ("F", "Cl", "Br", "I")
METALS = ("In", "Zn", "Se", "S", "P", "Cd", "Ga", "Al", "As", "Te")
# A detection limit is three standard deviations of the blank (IUPAC 1978).
LIMIT_IN_SIGMAS = 3.0
PROFILE = "profile "  # companions of a signal that are profiles of other samples begin so


@dataclass(frozen=True)
class Readings:
    """Amounts of one element, one per round, shape (n,).

    The error of an amount ``m`` is normal with variance ``(relative m)^2 + (limit / 3)^2``; an amount that
    came out below ``limit`` is only known as that: it is ``censored``, its ``nmol`` is the limit.
    ``given`` are standard errors stated with the data; they replace the rule.
    """

    nmol: Array
    censored: NDArray[np.bool_]
    limit: float
    relative: float
    given: Array | None = None

    @property
    def floor(self) -> float:
        """Standard deviation of the blank, nmol."""
        return self.limit / LIMIT_IN_SIGMAS

    def spread(self, mean: ArrayLike) -> Array:
        """Standard error of an amount whose true value is ``mean`` (nmol)."""
        m = np.asarray(mean, dtype=np.float64)
        return np.asarray(np.sqrt((self.relative * m) ** 2 + self.floor**2))

    @property
    def sigma(self) -> Array:
        """Standard error of every reading, shape (n,); of a censored one, that of the blank."""
        ruled = self.spread(np.where(self.censored, 0.0, self.nmol))
        return ruled if self.given is None else np.where(np.isfinite(self.given), self.given, ruled)


@dataclass(frozen=True)
class Profile:
    """One sample etched in rounds.

    ``readings`` by element.  ``diameters_nm`` (n + 1,) before the first round and after each (0: all
    dissolved; NaN: not known), ``None`` if nothing is known of the geometry.  ``temperature_K`` is that of
    the halide treatment.  ``dots_nmol`` is the amount of dots etched.
    """

    name: str
    rounds: Array
    readings: dict[str, Readings]
    diameters_nm: Array | None = None
    temperature_K: float | None = None
    dots_nmol: float | None = None
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def halides(self) -> tuple[str, ...]:
        """The halides looked for, the first one first."""
        return tuple(e for e in self.readings if e in HALIDES)

    @property
    def volumes_nm3(self) -> Array | None:
        """Volume removed from a dot in each round, shape (n,); ``None`` where the diameters are not known."""
        if self.diameters_nm is None or not np.all(np.isfinite(self.diameters_nm)):
            return None
        return np.asarray(-np.diff(np.pi / 6 * self.diameters_nm**3))

    def per_dot(self, nmol: ArrayLike) -> Array | None:
        """Ions per dot of amounts in nmol; ``None`` without the amount of dots."""
        return None if not self.dots_nmol else np.asarray(nmol, dtype=np.float64) / self.dots_nmol


def to_signal(
    profiles: list[Profile], origin: str, source: str = "", warnings: tuple[str, ...] = ()
) -> Signal:
    """One signal: the first halide of the first profile, all else as companions."""
    first = _one(profiles[0], origin, source, warnings)
    others = {PROFILE + p.name: _one(p, origin, source, ()) for p in profiles[1:]}
    return Signal(**{**_fields(first), "companions": {**first.companions, **others}})


def _fields(signal: Signal) -> dict[str, Any]:
    return {name: getattr(signal, name) for name in signal.__dataclass_fields__}


def _one(profile: Profile, origin: str, source: str, warnings: tuple[str, ...]) -> Signal:
    names = [*profile.halides, *(e for e in profile.readings if e not in HALIDES)]

    def signal(element: str, meta: Mapping[str, Any], companions: dict[str, Signal]) -> Signal:
        r = profile.readings[element]
        about: dict[str, Any] = {
            "element": element,
            "below_limit": [bool(c) for c in r.censored],
            "limit_nmol": float(r.limit),
            "relative_noise": float(r.relative),
            "errors": "stated" if r.given is not None else "relative noise and detection limit",
            **meta,
        }
        return Signal(
            technique="etch",
            x=profile.rounds,
            y=r.nmol,
            x_name="etch round",
            x_unit="",
            y_name=element,
            y_unit="nmol",
            kind="analog",
            origin="simulated" if origin == "simulated" else "measured",
            sigma=r.sigma,
            source=source,
            warnings=warnings if meta else (),
            meta=about,
            companions=companions,
        )

    companions = {e: signal(e, {}, {}) for e in names[1:]}
    d = profile.diameters_nm
    meta = {
        "profile": profile.name,
        "columns": names,
        "temperature_K": profile.temperature_K,
        "diameters_nm": None if d is None else [float(x) if np.isfinite(x) else None for x in d],
        "dots_nmol": profile.dots_nmol,
        **profile.meta,
    }
    return signal(names[0], meta, companions)


_OWN = ("profile", "columns", "temperature_K", "diameters_nm", "dots_nmol", "element", "below_limit",
        "limit_nmol", "relative_noise", "errors")  # fmt: skip


def from_signal(signal: Signal) -> list[Profile]:
    """The profiles in a signal made by :func:`to_signal`."""
    out = []
    for one in (signal, *(c for name, c in signal.companions.items() if name.startswith(PROFILE))):
        meta = one.meta
        d = meta.get("diameters_nm")
        elements = {n: c for n, c in one.companions.items() if not n.startswith(PROFILE)}
        found = {str(meta["element"]): one, **elements}
        out.append(
            Profile(
                name=str(meta["profile"]),
                rounds=one.x,
                readings={name: _readings(found[name]) for name in meta["columns"]},
                diameters_nm=None if d is None else np.array([np.nan if x is None else x for x in d], float),
                temperature_K=meta.get("temperature_K"),
                dots_nmol=meta.get("dots_nmol"),
                meta={k: v for k, v in meta.items() if k not in _OWN},
            )
        )
    return out


def _readings(signal: Signal) -> Readings:
    meta = signal.meta
    stated = meta.get("errors") == "stated" and signal.sigma is not None
    return Readings(
        signal.y,
        np.array(meta["below_limit"], dtype=np.bool_),
        float(meta["limit_nmol"]),
        float(meta["relative_noise"]),
        signal.sigma if stated else None,
    )
