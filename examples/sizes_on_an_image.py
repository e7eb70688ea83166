"""How large dots are and how alike, from one image; and what a threshold would have said.

Dots of InP in ZnS lie on carbon film.  A threshold makes them small and their spread large; outlines fitted
through the blur do not.
"""

import numpy as np
from scipy import ndimage

from epidot import Layer, LayeredDot, Population
from epidot.instruments import tem
from epidot.instruments.tem.seeds import flattened, parted

dots = Population.drawn(LayeredDot("InP", 3.3, (Layer("ZnS", 0.7),)), 500, 0.12, np.random.default_rng(1))
truth = dots.diameters_nm
image = tem.simulate(
    dots,
    {"particles": 80, "pixels": 420, "scale_nm": 0.15, "gap_nm": 1.5},
    rng=np.random.default_rng(2),
)

cut = parted(flattened(image.y), None)
labels, n = ndimage.label(cut.smooth > cut.threshold)
rim = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
area = np.bincount(labels.ravel())[1:]
whole = np.setdiff1d(np.flatnonzero(area > 50) + 1, rim)
by_threshold = 0.15 * np.sqrt(4 / np.pi * area[whole - 1])

found = tem.measure(image)
mean, sd = found["diameter_nm"], found["diameter_sd_nm"]
print(f"the flask     {truth.mean():.2f} nm, spread {truth.std():.2f} nm")
print(f"by threshold  {by_threshold.mean():.2f} nm, spread {by_threshold.std():.2f} nm")
print(f"by outlines   {mean.value:.2f} ± {mean.sigma:.2f} nm, spread {sd.value:.2f} ± {sd.sigma:.2f} nm")
for name in ("count", "count_touching", "count_cut", "count_left_out"):
    print(f"{name:14s}{found[name].value:4.0f}")

assert abs(mean.value - truth.mean()) < 3 * mean.sigma
assert abs(sd.value - truth.std()) < 3 * sd.sigma
