"""What XPS sees of a dot: oxide, In per P, and the thickness of the shell, as simulated and measured.

The same is done for a file with ``epidot measure xps dots.vms --core InP --diameter-nm 3.2 --shell ZnSe``.
"""

import numpy as np

from epidot.dot.layers import Layer, LayeredDot
from epidot.instruments import instrument

xps = instrument("xps")
dot = LayeredDot("InP", 3.2, (Layer("ZnSe", 0.6),), oxide=100.0)
seen = xps.simulate([dot], {"levels": "In_3d P_2p Se_3d C_1s"}, rng=np.random.default_rng(1))
found = xps.measure(seen, core="InP", diameter_nm=3.2, shell="ZnSe")

for name in ("shift_eV", "P_2p_InPOx_eV", "oxide_fraction", "ratio_In_P", "shell_nm", "shell_closed_form_nm"):
    one = found[name]
    print(f"{name:22} {one.value:8.3f} ± {one.sigma:.3f} {one.unit}")
print(*found.warnings, sep="\n")

assert abs(found["shell_nm"].value - 0.6) < 0.1
assert abs(found["P_2p_InPOx_eV"].value - 132.0) < 0.2
