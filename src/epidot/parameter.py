"""A number that knows where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Status = Literal["measured", "literature", "fitted", "assumed"]
STATUSES: tuple[str, ...] = get_args(Status)
Basis = Literal["definition", "own recipe", "calibrated", "predicted"]


@dataclass(frozen=True)
class Parameter:
    """A value with its unit, bounds, source and status.

    ``status`` is one of ``measured``, ``literature``, ``fitted`` (then ``source`` names the claims it
    was fitted to) or ``assumed``; ``sigma`` is one standard error,
    ``sigma_ln`` that of its natural logarithm where it is known within a factor (``None`` = not known).
    """

    name: str
    value: float
    unit: str
    source: str
    status: Status
    sigma: float | None = None
    low: float = float("-inf")
    high: float = float("inf")
    note: str = ""
    sigma_ln: float | None = None

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"{self.name}: status must be one of {', '.join(STATUSES)}, got {self.status!r}")
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.name}: {self.value} {self.unit} is outside [{self.low}, {self.high}]")
        if not self.source:
            raise ValueError(f"{self.name}: a number needs a source")

    def __float__(self) -> float:
        return float(self.value)


def rests_on(parameters: dict[str, Parameter]) -> dict[str, list[str]]:
    """Names of the parameters by status, for the line of a report that says what it rests on."""
    out: dict[str, list[str]] = {status: [] for status in STATUSES}
    for name, parameter in parameters.items():
        out[parameter.status].append(name)
    return {status: sorted(names) for status, names in out.items() if names}
