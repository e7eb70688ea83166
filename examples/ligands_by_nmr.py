"""How many ligands a dot carries: 1H NMR beside a weighed standard, eq 2 of choi2023, simulated and measured.

The same is done for a file with ``epidot measure nmr dots.csv --standard ferrocene --standard-nmol 1000
--dots-nmol 3.5 --diameter-nm 2.4``.
"""

import numpy as np

from epidot import LayeredDot
from epidot.instruments import instrument

nmr = instrument("nmr")
dot = LayeredDot("InP", 2.4, ligands={"OA": 72.0})
tube = {"from_ppm": 3.6, "to_ppm": 6.4, "noise": 0.0005, "standard_nmol": 1000.0, "dots_nmol": 3.5}
seen = nmr.simulate([dot], tube, rng=np.random.default_rng(1))
found = nmr.measure(
    seen, standard="ferrocene", standard_nmol=1000.0, dots_nmol=3.5, dots_sigma=0.02, diameter_nm=2.4
)

for name in ("ferrocene_ppm", "area_ratio", "ligands_per_dot", "coverage_per_nm2"):
    one = found[name]
    print(f"{name:16} {one.value:8.4g} ± {one.sigma:.2g} {one.unit}")
for line in found.extra["lines"]:
    likely = ", ".join(f"{c['species']} {c['odds']:.0%}" for c in line["candidates"][:2])
    print(f"{line['ppm']:.3f} ppm: {likely}")

assert abs(found["ligands_per_dot"].value - 72.0) < 3 * found["ligands_per_dot"].sigma
assert abs(found["coverage_per_nm2"].value - 4.0) < 3 * found["coverage_per_nm2"].sigma
