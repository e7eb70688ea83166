"""What if the second stage ran at 220 °C instead of 250 °C?

The steps of the paper's recipe are looked through, those that heat to 250 °C are replaced, and both recipes
are run. A recipe that you change yourself is no longer the paper's: it gets a name of its own, and a title
that says so.
"""

from __future__ import annotations

import epidot

paper = epidot.load_recipe("choi2023/inp-zns-staged-1")
hot = [number for number, step in enumerate(paper.steps, start=1) if step == {"heat": "250 °C"}]
cooler = paper.with_(
    steps={number: {"heat": "220 °C"} for number in hot},
    name="stage-two-at-220",
    title="Staged InP/ZnS, stage II at 220 °C (own question)",
)
print(f"{len(hot)} step changed; stage II is now:")
for event in cooler.timeline():
    if "220 °C" in event.text:
        print(f"  {event.start_s / 60:6.1f} min  {event.text}")

print(f"\n{'':24s}{'layers':>8s}{'coverage':>10s}{'crystalline':>13s}{'PLQY':>8s}")
for name, what in (("250 °C (the paper)", paper), ("220 °C", cooler)):
    batch = epidot.run(what, dots=20)
    found = batch.sample("stage II").quantities
    print(
        f"{name:24s}{found['shell_layers'].value:8.2f}{found['coverage'].value:10.1%}"
        f"{found['crystalline_fraction'].value:13.1%}{found['plqy'].value:8.1%}"
    )
print("\nBarriers fitted to the paper: an extrapolation, not a measurement.")
