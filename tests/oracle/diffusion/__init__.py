"""The transport solver against exact solutions: what is asserted, what is found, and the observed order."""

from __future__ import annotations

from oracle.diffusion.case import Case
from oracle.diffusion.exchanging import case_12, case_13
from oracle.diffusion.layered import case_4, case_5, case_11, case_15
from oracle.diffusion.manufactured import case_16
from oracle.diffusion.reference import case_14
from oracle.diffusion.simple import case_1, case_2, case_3, case_10
from oracle.diffusion.trapping import case_6, case_7, case_8, case_9

CASES = (
    case_1,
    case_2,
    case_3,
    case_4,
    case_5,
    case_6,
    case_7,
    case_8,
    case_9,
    case_10,
    case_11,
    case_12,
    case_13,
    case_14,
    case_15,
    case_16,
)

__all__ = ["CASES", "Case"]
