"""Tolman's cone angle of a phosphorus with alkyl groups: what it hides of the surface it is bound to.

C. A. Tolman, Chem. Rev. 77, 313 (1977): the apex stands 2.28 Å from phosphorus, the cone touches the
van der Waals spheres of the substituents, turned so that they take the least room.  A chain turned so
stands away from the apex, so that the two hydrogen atoms of the first CH2 alone touch the cone.  Real
chains find no room there at once: the angle is a lower bound for anything longer than methyl.
"""

from __future__ import annotations

import numpy as np

from epidot.errors import InputError

APEX = 2.28  # Å, Tolman
P_C = 1.846  # Å, P(CH3)3 in the gas: L. S. Bartell, L. O. Brockway, J. Chem. Phys. 32, 512 (1960)
C_H = 1.09  # Å
P_C_H = np.radians(109.5)
HYDROGEN = 1.2  # Å, A. Bondi, J. Phys. Chem. 68, 441 (1964)


def cone_angle(from_bond_deg: float) -> float:
    """The cone angle (degrees) of alkyl groups that stand ``from_bond_deg`` from the bond to the apex.

    Some 119° for the alkyls of a free phosphine, 90° for those around the waist of a trigonal bipyramid
    that is bound by one of its tips.

    Raises
    ------
    InputError
        Unless the angle lies between 60° and 150°.
    """
    if not 60.0 <= from_bond_deg <= 150.0:
        raise InputError("the angle of alkyl groups", seen=f"{from_bond_deg:g}°", nearest="60° to 150°")
    tilt = np.radians(from_bond_deg)
    # in the plane of apex, P and C: away from the apex and to the side
    along = np.array([-np.cos(tilt), np.sin(tilt)])
    towards = np.array([-np.sin(tilt), -np.cos(tilt)])
    flat = P_C * along - C_H * np.cos(P_C_H) * along + C_H * np.sin(P_C_H) * np.cos(np.pi / 3) * towards
    out_of_plane = C_H * np.sin(P_C_H) * np.sin(np.pi / 3)
    depth, aside = APEX + flat[0], np.hypot(flat[1], out_of_plane)
    half = np.arctan2(aside, depth) + np.arcsin(HYDROGEN / np.hypot(depth, aside))
    return float(np.degrees(2 * half))
