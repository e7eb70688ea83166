"""How well the numbers of a run are known: a width for each, and how the errors of fitted ones go together.

A number's error is that of its value (``sigma``) or of its logarithm (``sigma_ln``), as its file has it; a
tabulated one without has the width of its kind (``data/widths.yaml``).
What was fitted has a covariance beside its fit: ``data/light_fit.yaml``, ``data/traps_fit.yaml``, and
``data/fit_errors.yaml`` with the assumed numbers that the fits lean on.  A covariance belongs to the numbers
it was worked out for: another mechanism, a material of one's own, or constants that another hypothesis
replaces, have the widths of their own files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.documents import by_rule, data_document
from epidot.matter import materials
from epidot.parameter import Parameter
from epidot.runs import numbers
from epidot.runs.order import MECHANISM, Order
from epidot.transport.constants import DEFAULT, constants

Array = NDArray[np.float64]
HOLES = ("gamma1", "gamma2", "gamma3")


@dataclass(frozen=True)
class Fitted:
    """Errors of numbers that go together: ``covariance`` (n, n) of the values, of logarithms where ``ln``."""

    names: tuple[str, ...]
    ln: tuple[bool, ...]
    covariance: Array

    def among(self, wanted: Sequence[str]) -> Fitted:
        """Those of ``wanted``, whatever the others are."""
        kept = [i for i, name in enumerate(self.names) if name in wanted]
        return Fitted(
            tuple(self.names[i] for i in kept),
            tuple(self.ln[i] for i in kept),
            self.covariance[np.ix_(kept, kept)],
        )


@lru_cache(maxsize=1)
def fits() -> tuple[Fitted, ...]:
    """The covariances that were saved beside fits."""
    own = (data_document(name).data for name in ("light_fit.yaml", "traps_fit.yaml"))
    pages = [*own, *data_document("fit_errors.yaml").data.values()]
    return tuple(_fit(page) for page in pages)


def _fit(page: Mapping[str, object]) -> Fitted:
    table: Mapping[str, Mapping[str, object]] = page["parameters"]  # type: ignore[assignment]
    width = np.array([float(row["width"]) for row in table.values()])  # type: ignore[arg-type]
    covariance = np.asarray(page["covariance"], dtype=np.float64) * np.outer(width, width)
    return Fitted(tuple(table), tuple(bool(row["ln"]) for row in table.values()), covariance)


def alone(p: Parameter, name: str = "") -> tuple[float, bool] | None:
    """The width that a number has by itself, and whether it is of the logarithm; ``None`` if it has none.

    A tabulated number of one of epidot's own materials, called ``name`` here, has that of its kind.
    """
    if p.sigma_ln is not None:
        return p.sigma_ln, True
    if p.sigma is not None:
        return p.sigma, False
    room, _, rest = name.partition(".")
    if p.status not in ("literature", "measured") or room not in materials.names() or room in materials.own():
        return None
    return by_rule(f"materials/{room}.yaml", f"parameters.{rest.split(' ')[0]}", p.value)


def together(order: Order, wanted: Sequence[str]) -> tuple[Fitted, ...]:
    """The errors of ``wanted`` numbers in groups that go together; those without are left out."""
    table = numbers.known(order.mechanism, order.hypothesis)
    apart = _apart(order)
    left = [name for name in wanted if name in table]
    groups = []
    joint = order.given.together
    if joint is not None:
        ln = tuple(name in joint.ln for name in joint.names)
        found = Fitted(joint.names, ln, np.array(joint.covariance, dtype=np.float64)).among(left)
        groups += [found] if found.names else []
        left = [name for name in left if name not in joint.names]
    for fit in fits():
        found = fit.among([name for name in left if name not in apart])
        if found.names:
            groups.append(found)
            left = [name for name in left if name not in found.names]
    given = dict(order.given.sigmas)
    for material in materials.names():
        holes = tuple(f"{material}.{key}" for key in HOLES)
        if all(name in left and name not in given for name in holes):
            joined = _holes(holes, [table[name] for name in holes])
            if joined is not None:
                groups.append(joined)
                left = [name for name in left if name not in holes]
    for name in left:
        width = (given[name], False) if name in given else alone(table[name], name)
        if width is not None and width[0] > 0:
            groups.append(Fitted((name,), (width[1],), np.array([[width[0] ** 2]])))
    return tuple(groups)


def _holes(names: tuple[str, ...], given: Sequence[Parameter]) -> Fitted | None:
    """Luttinger's numbers together: the relative width of the first is that of what they stand for.

    Tables that differ by a fifth in gamma1 agree on the heavy hole, gamma1 - 2 (2 gamma2 + 3 gamma3)/5; each
    gamma moved by itself would take its mass through infinity. So both spherical masses and the warping err,
    each by itself.
    """
    width = alone(given[0], names[0])
    if width is None or width[0] <= 0 or width[1]:
        return None
    g1, g2, g3 = (p.value for p in given)
    mean = (2 * g2 + 3 * g3) / 5
    heavy, light, warping = g1 - 2 * mean, g1 + 4 * mean, g3 - g2
    # gamma1 and the mean by the inverse masses, gamma2 and gamma3 by the mean and the warping
    back = np.array([[2 / 3, 1 / 3, 0.0], [-1 / 6, 1 / 6, -3 / 5], [-1 / 6, 1 / 6, 2 / 5]])
    step = back * (width[0] / g1) * np.array([heavy, light, warping])
    return Fitted(names, (False,) * 3, step @ step.T)


def without(order: Order) -> tuple[str, ...]:
    """Numbers of which nobody said how far off they may be; none of epidot's own."""
    table = numbers.known(order.mechanism, order.hypothesis)
    covered = {name for fit in fits() for name in fit.names} - _apart(order) | _stated(order)
    return tuple(name for name, p in table.items() if alone(p, name) is None and name not in covered)


def _apart(order: Order) -> set[str]:
    """Numbers to which the saved covariances do not belong."""
    out = _stated(order)
    out |= {name for fit in fits() for name in fit.names if name.split(".")[0] in materials.own()}
    if order.mechanism != MECHANISM:
        out |= {name for fit in fits() for name in fit.names if name.startswith("mechanism.")}
    if order.hypothesis != DEFAULT:
        usual, other = (constants(h).parameters for h in (DEFAULT, order.hypothesis))
        out |= {f"halide.{k}" for k, p in other.items() if k not in usual or p.source != usual[k].source}
    return out


def _stated(order: Order) -> set[str]:
    """Numbers whose errors came with them."""
    joint = order.given.together
    return {*dict(order.given.sigmas), *(joint.names if joint is not None else ())}
