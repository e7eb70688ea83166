"""Why does Choi et al. (2023) grow ZnS in stages?

The conventional way cleans the core with HF and then gives all the zinc oleate at 310 °C, before any
sulfur: the bare surface oxidises again, and the shell grows over it. The staged way exchanges zinc first,
takes the oxide off afterwards, and lets sulfide cover the surface at 250 °C before more zinc comes at 320
°C. Both recipes run here with a small population. "Oxide now" is on the core's surface; "oxide before" was
there while the shell began and has since been replaced or buried: its traces cost light.
"""

from __future__ import annotations

from matplotlib.figure import Figure

from epidot import run

DOTS = 40
batches = {
    "conventional": run("choi2023/inp-zns-conventional", dots=DOTS),
    "staged": run("choi2023/inp-zns-staged-4", dots=DOTS),
}

heads = ("layers", "oxide now", "oxide before", "PLQY", "lifetime")
print(" " * 14 + "sample".ljust(18) + "".join(f"{head:>14s}" for head in heads))
for way, batch in batches.items():
    for sample in batch.samples:
        found = {name: quantity.value for name, quantity in sample.quantities.items()}
        print(
            f"{way:14s}{sample.name:18s}{found['shell_layers']:14.2f}{found['oxide_per_dot']:14.2f}"
            f"{found['oxide_memory_per_dot']:14.2f}{found['plqy']:14.1%}{found['tau_amplitude_ns']:11.1f} ns"
        )

figure = Figure(figsize=(8, 3.2), layout="constrained")
left, right = figure.subplots(1, 2, sharey=True)
for axes, (way, batch) in zip((left, right), batches.items(), strict=True):
    minutes = batch.history["time_s"] / 60
    axes.plot(minutes, batch.history["growth/oxide_per_dot"], color="C3", label="oxide on the surface")
    axes.plot(
        minutes,
        batch.history["growth/oxide_memory_per_dot"],
        color="C3",
        ls="--",
        label="was there, now covered",
    )
    axes.set(title=way, xlabel="time / min")
    twin = axes.twinx()
    twin.plot(minutes, batch.history["growth/shell_layers"], color="C0")
    twin.set_ylim(0, 4)
    twin.tick_params(axis="y", colors="C0")
    twin.spines["top"].set_visible(False)
    axes.spines["top"].set_visible(False)
    if axes is left:
        axes.set_ylabel("oxygen per dot")
        axes.legend(frameon=False, fontsize="small")
        twin.set_yticklabels([])
    else:
        twin.set_ylabel("ZnS layers", color="C0")
left.set_ylim(0, None)  # both share it
figure.savefig("staged-and-conventional.png", dpi=150)

print()
for way, batch in batches.items():
    found = batch.samples[-1].quantities
    oxide = found["oxide_per_dot"].value + found["oxide_memory_per_dot"].value
    print(f"{way}: {oxide:.1f} oxygen per dot at the interface while the shell grew or since")
print("drawn in staged-and-conventional.png; growth atom by atom, oxide kinetics fitted to the same paper")
