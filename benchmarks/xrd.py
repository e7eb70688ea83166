"""Debye's sum of 20,737 atoms: error against the exact sum, and CPU time beside DebyeCalculator.

    OMP_NUM_THREADS=1 python benchmarks/xrd.py [--json] [--peer-python P] [--ragged | --mixed | --fit]
    OMP_NUM_THREADS=1 python benchmarks/xrd.py --picture [--measured FILE]

Targets: Q 1 to 8 per Å in steps of 0.01, error 1e-5 at most, five times less CPU than DebyeCalculator in
single precision.  ``--peer-python`` is an interpreter that has DebyeCalculator: it needs torch, whose
ordinary wheel takes 6 GB, and so stands in an environment of its own.  ``--ragged``: how far the smooth
spheres of ``measure`` are from dots built atom by atom, without noise.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from epidot.instruments.xrd.debye import debye
from epidot.instruments.xrd.factors import factor

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from oracle.test_keating import A_INP, sphere

Q = np.arange(10.0, 80.001, 0.1)  # per nm
PEER = """
import json, statistics, sys, time, torch
from importlib.metadata import version
from debyecalculator import DebyeCalculator
torch.set_num_threads(1)
calc = DebyeCalculator(qmin=1, qmax=8, qstep=0.01, biso=0.0, device="cpu")
q, found = calc.iq(sys.argv[1])
times = []
for _ in range(3):
    start = time.process_time()
    calc.iq(sys.argv[1])
    times.append(time.process_time() - start)
said = {"version": version("debyecalculator"), "cpu_s": statistics.median(times)}
print(json.dumps(said | {"q": [float(x) for x in q], "found": [float(x) for x in found]}))
"""


def exact(x: np.ndarray, species: np.ndarray) -> np.ndarray:
    """The sum over the lattice's own distances, which are roots of whole numbers."""
    places = np.round(4 * x / A_INP).astype(np.int64)
    names, kind = np.unique(species, return_inverse=True)
    f = [factor(str(name), Q) for name in names]
    most = 3 * int(np.ptp(places, axis=0).max()) ** 2 + 1
    count = np.zeros((3, most))
    for i in range(len(places)):
        square = ((places[i + 1 :] - places[i]) ** 2).sum(axis=1)
        for pair in range(3):
            count[pair] += np.bincount(square[kind[i] + kind[i + 1 :] == pair], minlength=most)
    total = sum(f[k] ** 2 * np.sum(kind == k) for k in range(2))
    for pair, (a, b) in enumerate(((0, 0), (0, 1), (1, 1))):
        there = np.flatnonzero(count[pair])
        qr = np.outer(Q, np.sqrt(there) * A_INP / 4)
        total = total + 2 * f[a] * f[b] * ((np.sin(qr) / qr) @ count[pair][there])
    return np.asarray(total)


def peer(python: str | None, species: np.ndarray, x: np.ndarray, right: np.ndarray) -> dict[str, float | str]:
    """CPU time of DebyeCalculator on the same atoms, or why there is none."""
    if not python:
        return {"DebyeCalculator": "not asked for: --peer-python names an interpreter that has it"}
    with tempfile.TemporaryDirectory() as folder:
        rows = "\n".join(
            f"{s} {p[0]:.6f} {p[1]:.6f} {p[2]:.6f}" for s, p in zip(species, 10 * x, strict=True)
        )
        path = Path(folder) / "dot.xyz"
        path.write_text(f"{len(x)}\n\n{rows}\n")
        done = subprocess.run([python, "-c", PEER, str(path)], capture_output=True, text=True)
    if done.returncode:
        return {"DebyeCalculator": f"skipped: {done.stderr.strip().splitlines()[-1]}"}
    said = json.loads(done.stdout.splitlines()[-1])
    # its scattering factors are other tables': the shapes are compared, scaled to each other
    theirs = np.interp(Q, 10 * np.array(said["q"]), said["found"])
    theirs *= float(right @ theirs) / float(theirs @ theirs)
    return {
        "DebyeCalculator": said["version"],
        "DebyeCalculator cpu_s": said["cpu_s"],
        "it differs by (share of the highest)": float(np.max(np.abs(theirs - right)) / right.max()),
    }


def ragged(powders: int, most: int) -> None:
    """What noise-free powders of dots differ by from the spheres fitted, by size over lattice constant."""
    from epidot.dot.layers import LayeredDot, Population
    from epidot.instruments import xrd
    from epidot.instruments.xrd.trial import truths

    rng = np.random.default_rng(77)
    print("core  cells  size_nm     a_nm  (relative)")
    for n in range(powders):
        core = ("InP", "CdSe")[n % 2]
        dot = LayeredDot(core, float(rng.uniform(2.0, 6.0)))
        dots = Population.drawn(dot, 60, float(rng.uniform(0.06, 0.15)), rng)
        setup = {"counts": 5000.0, "background": 500.0, "step_deg": 0.1, "dots": most}
        found = xrd.measure(xrd.simulate(dots, setup), phase=core, zero_sigma_deg=0.0, rim_sigma_nm=0.0)
        true = truths(dots, most)
        off = [found[name].value / true[name] - 1 for name in ("size_nm", "a_nm")]
        print(f"{core:5s} {true['size_nm'] / true['a_nm']:5.2f} {off[0]:+.5f} {off[1]:+.6f}", flush=True)


def fits() -> dict[str, float]:
    """CPU seconds of one fit of a 3.3 nm powder, with the model's derivatives and with differences."""
    from epidot.dot.layers import LayeredDot, Population
    from epidot.instruments import xrd
    from epidot.instruments.xrd.beam import beam
    from epidot.instruments.xrd.crystals import powder_crystal
    from epidot.instruments.xrd.whole import Model
    from epidot.signal.fitting import fit_curve

    dots = Population.drawn(LayeredDot("InP", 3.3), 60, 0.08, np.random.default_rng(1))
    pattern = xrd.simulate(dots, {"dots": 6, "step_deg": 0.05}, rng=np.random.default_rng(2))
    crystal = powder_crystal("InP")
    model = Model.of(pattern.x, beam("Cu", 0.0, 0.09), (crystal,), 3, 0.0, 8.0)
    plain = np.array([1.0, crystal.a_nm, 3.3, 0.01, 1e-4, 200.0, 0.0, 0.0, 0.0])
    unit = float(model(plain).max())
    model = model.other(unit=(unit,))
    start = np.concatenate([[2000.0], plain[1:]])
    out = {}
    for name, jacobian in (("derivatives", model.jacobian), ("differences", None)):
        begin = time.process_time()
        for _ in range(3):
            model._last.clear()
            found = fit_curve(pattern, model, model.free(pattern, start), jacobian=jacobian, further=False)
        out[f"fit with {name} / cpu s"] = (time.process_time() - begin) / 3
        assert found.status == "converged", found.message
    begin = time.process_time()
    xrd.measure(pattern, phase="InP")
    return out | {"measure / cpu s": time.process_time() - begin}


def mixed(powders: int) -> None:
    """By how much the ratio of two masses comes out wrong without noise, by the sizes of both phases."""
    from epidot.dot.layers import LayeredDot
    from epidot.instruments import xrd
    from epidot.instruments.xrd.simulated import atoms
    from epidot.matter.formulas import molar_mass

    rng = np.random.default_rng(77)
    pairs = (("InP", "ZnSe"), ("CdSe", "ZnS"), ("InP", "CdSe"))
    print("phases  diameters / nm  share  off (logarithm of the ratio)")
    for n in range(powders):
        names, sizes = pairs[n % 3], rng.uniform(2.2, 4.5, 2)
        spread = np.exp(0.08 * rng.standard_normal((2, 8)))
        dots = [[LayeredDot(names[k], float(sizes[k] * x)) for x in spread[k]] for k in range(2)]
        setup = {"counts": 5000.0, "background": 500.0, "step_deg": 0.1, "dots": 16}
        pattern = xrd.simulate([*dots[0], *dots[1]], setup)
        mass = [sum(molar_mass(str(s)) for dot in each for s in atoms(dot)[0]) for each in dots]
        phases = "+".join(names)
        found = xrd.measure(pattern, phase=phases, zero_sigma_deg=0.0, rim_sigma_nm=0.0)["phase1_fraction"]
        if found.value is None:
            print(phases, *np.round(sizes, 2), found.note)
            continue
        off = np.log(found.value / (1 - found.value)) - np.log(mass[0] / mass[1])
        print(f"{phases:8s} {sizes[0]:.2f} {sizes[1]:.2f}  {mass[0] / sum(mass):.3f}  {off:+.4f}", flush=True)


# Readings about lines of quartz that no other mineral of the measured powder overlaps / degrees.
QUARTZ = "20.3-21.4,26.1-27.1,36.1-40.8,42-42.9,45.3-46.3,49.7-50.6,54.4-55.8,59.5-60.4,67.2-69"


def picture(measured: Path | None) -> None:
    """docs/pictures/xrd.png: one simulated powder with its fit, what 40 of them gave, and a measured one."""
    from matplotlib.figure import Figure

    from epidot.dot.layers import LayeredDot, Population
    from epidot.instruments import xrd
    from epidot.instruments.xrd.trial import truths
    from epidot.report import style
    from epidot.signal.noise import noisy

    dots = Population.drawn(LayeredDot("InP", 3.3), 60, 0.1, np.random.default_rng(1))
    clean = xrd.simulate(dots, {"counts": 2000.0, "halo": 200.0, "step_deg": 0.05, "dots": 6})
    true = truths(dots, 6)
    rng = np.random.default_rng(2)
    columns = 3 if measured else 2
    drawing = Figure(figsize=(4.2 * columns, 3.4), layout="constrained")
    grid = drawing.add_gridspec(2, columns, height_ratios=(4, 1), width_ratios=(3, 2, 3)[:columns])
    left, below, right = (drawing.add_subplot(place) for place in (grid[0, 0], grid[1, 0], grid[:, 1]))
    for k in range(40):
        seen = noisy(clean, rng)
        found = xrd.measure(seen, phase="InP", zero_sigma_deg=0.0)
        size, a = found["size_nm"], found["a_nm"]
        right.errorbar(size.value, a.value, a.sigma, size.sigma, fmt=".", color=style.COLOURS[0], lw=0.6)
        if k == 0:
            model, ground = (found.curves[name] for name in ("model", "background"))
            left.plot(seen.x, seen.y, ",", color="0.3", label="simulated counts")
            left.plot(model.x, model.y, color=style.COLOURS[1], lw=1, label="spheres fitted")
            left.plot(ground.x, ground.y, color=style.COLOURS[2], lw=1, label="background, halo")
            below.plot(seen.x, (seen.y - model.y) / np.sqrt(model.y), ",", color="0.3")
    left.set(ylabel="counts", xticklabels=[])
    left.legend(frameon=False, fontsize=7)
    below.set(xlabel="2theta / degrees", ylabel="residual", ylim=(-5, 5))
    right.axvline(true["size_nm"], color="0.5", lw=0.8)
    right.axhline(true["a_nm"], color="0.5", lw=0.8)
    right.set(xlabel="diameter, weighted by volume / nm", ylabel="a / nm")
    if measured:
        pattern = xrd.read(measured)
        found = xrd.measure(pattern, phase="quartz", method="lines", fwhm_deg=0.06, window=QUARTZ)
        model = found.curves["model"]
        shown, off = (drawing.add_subplot(place) for place in (grid[0, 2], grid[1, 2]))
        shown.plot(pattern.x, pattern.y, lw=0.5, color="0.6", label="measured counts")
        shown.plot(model.x, model.y, ".", ms=2, color=style.COLOURS[1], label="lines of quartz fitted")
        shown.set(xlim=(19, 70), xticklabels=[], title=f"a = {found['a_nm'].value:.5f} nm", yscale="log")
        shown.legend(frameon=False, fontsize=7, loc="upper right")
        there = np.isin(pattern.x, model.x)
        off.plot(model.x, (pattern.y[there] - model.y) / np.sqrt(model.y), ",", color="0.3")
        off.set(xlabel="2theta / degrees", xlim=(19, 70), ylim=(-20, 20))
    style.save(drawing, Path(__file__).parents[1] / "docs" / "pictures" / "xrd.png")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peer-python", help="interpreter with DebyeCalculator")
    parser.add_argument("--measured", type=Path, help="a measured powder with quartz, for the picture")
    parser.add_argument("--fit", action="store_true", help="seconds of a fit, and no more")
    parser.add_argument("--mixed", action="store_true", help="masses of two phases, without noise")
    parser.add_argument("--picture", action="store_true", help="draw docs/pictures/xrd.png and no more")
    parser.add_argument(
        "--ragged", action="store_true", help="spheres against dots, and no more (10 minutes)"
    )
    asked = parser.parse_args()
    if asked.picture:
        picture(asked.measured)
        return
    if asked.fit:
        for name, value in fits().items():
            print(f"{name:>36}  {value:.3g}")
        return
    if asked.mixed:
        mixed(15)
        return
    if asked.ragged:
        ragged(24, 40)
        return
    x, sign = sphere(10.0)
    species = np.where(sign > 0, "In", "P")
    debye(species[:60], x[:60], Q, factor)  # compiles
    times = []
    for _ in range(3):
        start = time.process_time()
        found = debye(species, x, Q, factor)
        times.append(time.process_time() - start)
    right = exact(x, species)
    result: dict[str, float | str] = {
        "atoms": len(x),
        "cpu_s": statistics.median(times),
        "largest relative error": float(np.max(np.abs(found / right - 1))),
    } | peer(asked.peer_python, species, x, right)
    if "DebyeCalculator cpu_s" in result:
        result["times less CPU"] = float(result["DebyeCalculator cpu_s"]) / float(result["cpu_s"])
    if asked.json:
        print(json.dumps(result, indent=1))
        return
    for name, value in result.items():
        print(f"{name:>36}  {value if isinstance(value, str) else format(value, '.4g')}")


if __name__ == "__main__":
    main()
