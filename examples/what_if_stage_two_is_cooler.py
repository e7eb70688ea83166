"""What if the second stage ran at 220 °C instead of 250 °C?

The recipe of the paper is text. Here its text is taken, one temperature is changed, and both are run. A
recipe that you change yourself is no longer the paper's: it gets a name of its own, and a title that says
so.
"""

from __future__ import annotations

import re

from epidot.recipe import recipe
from epidot.runs.order import Order
from epidot.runs.run import carry_out

paper = recipe.load("choi2023/inp-zns-staged-1")
text, changed = re.subn(r"250 °C", "220 °C", paper.text)
text = re.sub(r"^title: .*$", "title: Staged InP/ZnS, stage II at 220 °C (own question)", text, flags=re.M)
cooler = recipe.from_text(text, name="stage-two-at-220", variant=paper.variant)
print(f"{changed} places changed; stage II is now:")
for event in cooler.timeline():
    if "220 °C" in event.text:
        print(f"  {event.start_s / 60:6.1f} min  {event.text}")

print(f"\n{'':24s}{'layers':>8s}{'coverage':>10s}{'crystalline':>13s}{'PLQY':>8s}")
for name, what in (("250 °C (the paper)", paper), ("220 °C", cooler)):
    batch = carry_out(Order(what, dots=20))
    found = batch.sample("stage II").quantities
    print(
        f"{name:24s}{found['shell_layers'].value:8.2f}{found['coverage'].value:10.1%}"
        f"{found['crystalline_fraction'].value:13.1%}{found['plqy'].value:8.1%}"
    )
print("\nMean field, with barriers fitted to the paper: an extrapolation, not a measurement.")
