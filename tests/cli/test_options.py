"""Every option of every command changes what comes out, or is refused: none is there for show."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

DOT = "dot.yaml"
DOSE = ("dose", "--diameter", "3.3nm", "--amount", "220nmol", "--shell", "ZnSe:2")
RUN = ("run", "choi2023/inp-zn", "--engine", "meanfield", "--dots", "3", "--no-interval", "-o", "out")
SWEEP = ("sweep", "sweep.yaml", "--jobs", "1", "-o", "out")
CALIBRATE = ("calibrate", "study.yaml", "--jobs", "1", "-o", "out")
SUGGEST = ("suggest", "study.yaml", "--jobs", "1")
DESCRIBE = ("describe", "grown.nc")
LIGHT = (
    "dose",
    "--core",
    "CdSe",
    "--peak",
    "560nm",
    "--absorbance",
    "0.4",
    "--volume",
    "5mL",
    "--shell",
    "ZnS:2",
)
PL, UVVIS = ("measure", "pl", "pl.csv"), ("measure", "uvvis", "uvvis.csv")
CDSE = (*UVVIS, "--material", "CdSe")
DECAY = ("measure", "tcspc", "decay.csv")
TCSPC = (*DECAY, "--period", "200", "--exponentials", "1")
CHANNELS = ("measure", "tcspc", "channels.csv", "--period", "none", "--exponentials", "1")
ETCH = ("measure", "etch", "rounds.csv")
COLD = ("measure", "etch", "full.csv", "--explain", "washing", "--starts", "1")
EXPLAIN = (*COLD, "--treated-C", "300")
XRD = ("measure", "xrd", "xrd.csv", "--phase", "InP")
RAMAN = ("measure", "raman", "raman.csv")
SIM = {name: ("simulate", name, DOT, "-o", "out.csv") for name in ("pl", "uvvis", "tcspc", "etch", "raman")}
DOSY = ("measure", "dosy", "dosy.csv")
TIMES = ("--delta-ms", "4", "--big-delta-ms", "200")
GRADIENTS = ("measure", "dosy", "gradients.csv", *TIMES)
XPS, XPS_DOT = ("measure", "xps", "xps.csv"), ("measure", "xps", "xps-dot.csv")
BALL = (*XPS_DOT, "--core", "InP", "--diameter-nm", "3.2")
SIM["xps"] = ("simulate", "xps", DOT, "-o", "out.csv", "--levels", "In_3d")
SIM["dosy"] = ("simulate", "dosy", DOT, "-o", "out.csv", "--steps", "8")
TEM = ("measure", "tem", "tem.tif", "--scale", "0.2nm")
NMR = ("measure", "nmr", "nmr.csv", "--nucleus", "1H", "--frequency-MHz", "300")
AMOUNTS = (
    *NMR,
    "--standard",
    "ferrocene",
    "--standard-nmol",
    "1000",
    "--dots-nmol",
    "3.5",
    "--diameter-nm",
    "2.4",
)
SIM["nmr"] = ("simulate", "nmr", DOT, "-o", "out.csv", "--from-ppm", "3.6", "--to-ppm", "6")
PHOSPHORUS = (
    "simulate",
    "nmr",
    DOT,
    "-o",
    "out.csv",
    "--nucleus",
    "31P",
    "--beside",
    "TOPSe:100",
    "--step-Hz",
    "20",
)
SIM["xrd"] = ("simulate", "xrd", DOT, "-o", "out.csv", "--dots", "2", "--step-deg", "0.2")
SIM["tem"] = (
    "simulate",
    "tem",
    DOT,
    "-o",
    "out.csv",
    "--pixels",
    "96",
    "--particles",
    "6",
    "--scale-nm",
    "0.2",
)

# Command -> option -> (a call, what is added to it).  To be refused is an answer, to be ignored is none.
# What workers change is the time, and the results must not: there only nonsense is refused here.
Walk = dict[tuple[str, ...], dict[str, tuple[tuple[str, ...], tuple[str, ...]]]]
WALK: Walk = {
    (): {"--version": ((), ("--version",))},
    ("run",): {
        "--output": (RUN[:-2], ("-o", "elsewhere")),
        "--dots": (RUN, ("--dots", "4")),
        "--seed": (RUN, ("--seed", "1")),
        "--jobs": (RUN, ("--jobs", "0")),
        "--engine": (RUN, ("--engine", "kmc")),
        "--blocks": (RUN, ("--blocks", "2")),
        "--hypothesis": (RUN, ("--hypothesis", "H2")),
        "--mechanism": (RUN, ("--mechanism", "mine.yaml")),
        "--parameters": (RUN, ("--parameters", "numbers.yaml")),
        "--ignore": (RUN, ("--ignore", "TOPO")),
        "--positions": (RUN, ("--positions", "relaxed")),
        "--states": ((*RUN[:2], "--dots", "3", *RUN[-3:]), ("--states", "atoms")),
        "--no-interval": ((*RUN[:-3], "-o", "out"), ("--no-interval",)),
        "--resume": (RUN, ("--resume",)),
        "--overwrite": ((*RUN[:-2], "-o", "taken"), ("--overwrite",)),
        "--dry-run": (RUN, ("--dry-run",)),
        "--force": ((*RUN, "--dots", "99999999", "--dry-run"), ("--force",)),
        "--json": (RUN, ("--json",)),
    },
    ("sweep",): {
        "--output": (SWEEP[:-2], ("-o", "elsewhere")),
        "--jobs": (SWEEP, ("--jobs", "0")),
        "--scheduler": (SWEEP, ("--scheduler", "nonsense")),
        "--resume": (SWEEP, ("--resume",)),
        "--overwrite": ((*SWEEP[:-2], "-o", "taken"), ("--overwrite",)),
        "--explain": (SWEEP, ("--explain",)),
        "--json": (SWEEP, ("--json",)),
    },
    ("calibrate",): {
        "--output": (CALIBRATE[:-2], ("-o", "elsewhere")),
        "--jobs": (CALIBRATE, ("--jobs", "0")),
        "--scheduler": (CALIBRATE, ("--scheduler", "nonsense")),
        "--resume": (CALIBRATE, ("--resume",)),
        "--overwrite": ((*CALIBRATE[:-2], "-o", "taken"), ("--overwrite",)),
        "--against": (CALIBRATE, ("--against", "empty")),
        "--mechanism": (CALIBRATE, ("--mechanism", "choi2024")),
        "--hypothesis": (CALIBRATE, ("--hypothesis", "H4")),
        "--explain": (CALIBRATE, ("--explain",)),
        "--json": (CALIBRATE, ("--json",)),
    },
    ("suggest",): {
        "--output": (SUGGEST, ("-o", "elsewhere")),
        "--posterior": (SUGGEST, ("--posterior", "empty")),
        "--batch": (SUGGEST, ("--batch", "2")),
        "--same": (SUGGEST, ("--same", "flask")),
        "--about": (SUGGEST, ("--about", "mechanism.Ea_exx")),
        "--jobs": (SUGGEST, ("--jobs", "0")),
        "--scheduler": (SUGGEST, ("--scheduler", "nonsense")),
        "--explain": (SUGGEST, ("--explain",)),
        "--json": (SUGGEST, ("--json",)),
    },
    ("describe",): {
        "--sample": (DESCRIBE, ("--sample", "10 min")),
        "--output": (DESCRIBE, ("-o", "dot-again.yaml")),
        "--json": (DESCRIBE, ("--json",)),
    },
    ("dose",): {
        "--core": (DOSE, ("--core", "CdSe")),
        "--diameter": (DOSE, ("--diameter", "4nm")),
        "--peak": (LIGHT, ("--peak", "580nm")),
        "--amount": (DOSE, ("--amount", "110nmol")),
        "--absorbance": (LIGHT, ("--absorbance", "0.5")),
        "--path": (LIGHT, ("--path", "1mm")),
        "--volume": (LIGHT, ("--volume", "6mL")),
        "--shell": (DOSE, ("--shell", "ZnS:1")),
        "--layer": (DOSE, ("--layer", "half-lattice")),
        "--excess": (DOSE, ("--excess", "1.5")),
        "--stock": (DOSE, ("--stock", "zinc oleate=0.2M")),
        "--json": (DOSE, ("--json",)),
    },
    ("read",): {
        "--technique": (("read", "pl.csv"), ("-t", "uvvis")),
        "--column": (("read", "pl.csv"), ("--column", "2")),
        "--json": (("read", "pl.csv"), ("--json",)),
    },
    ("claims",): {
        "--id": (("claims", "--id", "C004"), ("--id", "C010")),
        "--engine": (("claims", "--id", "C004"), ("--engine", "fields")),
        "--jobs": (("claims", "--id", "C004"), ("--jobs", "0")),
        "--json": (("claims", "--id", "C004"), ("--json",)),
    },
    ("lint",): {"--json": (("lint", "choi2023"), ("--json",))},
    ("measure", "pl"): {
        "--plot": (PL, ("--plot", "picture.svg")),
        "--json": (PL, ("--json",)),
        "--column": (PL, ("--column", "2")),
        "--calibrate-against": (PL, ("--calibrate-against", "mercury", "lamp.csv")),
        "--unit": (("measure", "pl", "silent.csv"), ("--unit", "eV")),
        "--recorded": (("measure", "pl", "energy.csv"), ("--recorded", "per nm")),
        "--noise": (PL, ("--noise", "counts")),
        "--density": (PL, ("--density", "per eV")),
        "--exclude": (PL, ("--exclude", "590-640")),
        "--window": (PL, ("--window", "630-700")),
        "--mask": (PL, ("--mask", "600-640")),
        "--baseline": (PL, ("--baseline", "offset")),
        "--narrowest-nm": (PL, ("--narrowest-nm", "80")),
        "--bands": (PL, ("--bands", "2")),
        "--method": (PL, ("--method", "bands")),
        "--excitation": (("measure", "pl", "lined.csv"), ("--excitation", "360")),
        "--bandwidth": (PL, ("--bandwidth", "12")),
    },
    ("measure", "uvvis"): {
        "--plot": (UVVIS, ("--plot", "picture.svg")),
        "--json": (UVVIS, ("--json",)),
        "--column": (UVVIS, ("--column", "2")),
        "--calibrate-against": (UVVIS, ("--calibrate-against", "holmium", "holmium.csv")),
        "--unit": (("measure", "uvvis", "silent.csv", "--values", "transmittance"), ("--unit", "eV")),
        "--values": (("measure", "uvvis", "silent.csv"), ("--values", "transmittance")),
        "--material": (UVVIS, ("--material", "InP")),
        "--path-cm": (CDSE, ("--path-cm", "0.5")),
        "--baseline": (UVVIS, ("--baseline", "offset")),
        "--baseline-nm": ((*UVVIS, "--baseline", "offset"), ("--baseline-nm", "600-620")),
        "--window": (UVVIS, ("--window", "400-450")),
        "--mask": (UVVIS, ("--mask", "480-620")),
        "--least-depth": (UVVIS, ("--least-depth", "0.9")),
        "--saturation": (UVVIS, ("--saturation", "0.3")),
        "--method": (UVVIS, ("--method", "second derivative")),
        "--bandwidth": (UVVIS, ("--bandwidth", "12")),
    },
    ("measure", "tcspc"): {
        "--plot": (TCSPC, ("--plot", "picture.svg")),
        "--json": (TCSPC, ("--json",)),
        "--column": (TCSPC, ("--column", "2")),
        "--channel-ns": (CHANNELS, ("--channel-ns", "0.5")),
        "--period": ((*DECAY, "--exponentials", "1"), ("--period", "200")),
        "--acquisition-s": (TCSPC, ("--acquisition-s", "1")),
        "--irf": (TCSPC, ("--irf", "irf.csv")),
        "--exponentials": (TCSPC, ("--exponentials", "2")),
        "--irf-fwhm-ns": (TCSPC, ("--irf-fwhm-ns", "0.3")),
        "--irf-column": ((*TCSPC, "--irf", "irf.csv"), ("--irf-column", "2")),
        "--start-ns": (TCSPC, ("--start-ns", "40")),
        "--stop-ns": (TCSPC, ("--stop-ns", "150")),
        "--background": (TCSPC, ("--background", "1")),
        "--scatter": ((*TCSPC, "--irf", "irf.csv"), ("--scatter",)),
        "--pileup": ((*TCSPC, "--acquisition-s", "1"), ("--pileup",)),
        "--profile": (TCSPC, ("--profile",)),
        "--bin": (TCSPC, ("--bin", "4")),
    },
    ("measure", "etch"): {
        "--plot": (ETCH, ("--plot", "picture.svg")),
        "--json": (ETCH, ("--json",)),
        "--treated-C": (COLD, ("--treated-C", "300")),
        "--dots-nmol": (ETCH, ("--dots-nmol", "12")),
        "--diameter-nm": (ETCH, ("--diameter-nm", "8")),
        "--solution-mL": (("measure", "etch", "ppm.csv"), ("--solution-mL", "10")),
        "--limit-nmol": (ETCH, ("--limit-nmol", "30")),
        "--relative-noise": (ETCH, ("--relative-noise", "0.2")),
        "--sizes": (("measure", "etch", "unsized.csv"), ("--sizes", "sizes.csv")),
        "--profile": (ETCH, ("--profile", "nobody")),
        "--explain": (EXPLAIN, ("--explain", "traps")),
        "--core-nm": (EXPLAIN, ("--core-nm", "4")),
        "--inner-nm": (EXPLAIN, ("--inner-nm", "1")),
        "--addition-min": (EXPLAIN, ("--addition-min", "60")),
        "--hold-min": (EXPLAIN, ("--hold-min", "60")),
        "--cooling-min": (EXPLAIN, ("--cooling-min", "60")),
        "--etch-spread": (EXPLAIN, ("--etch-spread", "0.2")),
        "--bath-per-dot": (EXPLAIN, ("--bath-per-dot", "4000")),
        "--bath-M": (EXPLAIN, ("--bath-M", "0.02")),
        "--starts": (EXPLAIN, ("--starts", "0")),
    },
    ("measure", "xrd"): {
        "--plot": (XRD, ("--plot", "picture.svg")),
        "--json": (XRD, ("--json",)),
        "--column": (XRD, ("--column", "2")),
        "--radiation": (XRD, ("--radiation", "Co")),
        "--phase": (XRD, ("--phase", "CdSe")),
        "--mask": (XRD, ("--mask", "40-44")),
        "--window": (XRD, ("--window", "20-60")),
        "--background": (XRD, ("--background", "1")),
        "--zero-deg": (XRD, ("--zero-deg", "0.1")),
        "--zero-sigma-deg": (XRD, ("--zero-sigma-deg", "0.1")),
        "--rim-nm": (XRD, ("--rim-nm", "0.1")),
        "--rim-sigma-nm": (XRD, ("--rim-sigma-nm", "0.01")),
        "--calibrate-against": (XRD, ("--calibrate-against", "LaB6", "lab6.csv")),
        "--reference-nm": (XRD, ("--reference-nm", "0.58")),
        "--method": (XRD, ("--method", "lines")),
        "--monochromator-deg": (XRD, ("--monochromator-deg", "26.6")),
        "--fwhm-deg": (XRD, ("--fwhm-deg", "0.5")),
    },
    ("measure", "raman"): {
        "--plot": (RAMAN, ("--plot", "picture.svg")),
        "--json": (RAMAN, ("--json",)),
        "--column": (RAMAN, ("--column", "2")),
        "--calibrate-against": (RAMAN, ("--calibrate-against", "Si", "silicon.csv")),
        "--unit": (RAMAN, ("--unit", "nm")),
        "--laser": (("measure", "raman", "raman-nm.csv"), ("--laser", "532")),
        "--noise": (RAMAN, ("--noise", "analog")),
        "--crystals": (RAMAN, ("--crystals", "InP")),
        "--lines": (RAMAN, ("--lines", "InP_LO")),
        "--normalise-to": (RAMAN, ("--normalise-to", "ZnSe_LO")),
        "--reference": (RAMAN, ("--reference", "344")),
        "--diameter-nm": (RAMAN, ("--diameter-nm", "3.3")),
        "--background": (RAMAN, ("--background", "1")),
        "--resolution": (RAMAN, ("--resolution", "6")),
        "--window": (RAMAN, ("--window", "180-500")),
        "--mask": (RAMAN, ("--mask", "340-345")),
    },
    ("simulate", "raman"): {
        "--start-cm1": (SIM["raman"], ("--start-cm1", "100")),
        "--stop-cm1": (SIM["raman"], ("--stop-cm1", "600")),
        "--step-cm1": (SIM["raman"], ("--step-cm1", "2")),
        "--resolution-cm1": (SIM["raman"], ("--resolution-cm1", "8")),
        "--counts": (SIM["raman"], ("--counts", "500")),
        "--background": (SIM["raman"], ("--background", "10")),
        "--surface-optical": (SIM["raman"], ("--surface-optical", "1")),
        "--excitation-nm": (SIM["raman"], ("--excitation-nm", "532")),
        "--confinement": (SIM["raman"], ("--confinement", "campbell")),
    },
    ("measure", "xps"): {
        "--plot": (XPS, ("--plot", "picture.svg")),
        "--json": (XPS, ("--json",)),
        "--column": (XPS, ("--column", "2")),
        "--calibrate-against": (XPS, ("--calibrate-against", "C1s", "c1s.csv")),
        "--axis": (("measure", "xps", "xps-bare.csv"), ("--axis", "binding")),
        "--photon-eV": (("measure", "xps", "xps-kinetic.csv"), ("--photon-eV", "1486.9")),
        "--noise": (XPS, ("--noise", "analog")),
        "--states": (XPS, ("--states", "In_3d_InP")),
        "--background": (XPS, ("--background", "straight")),
        "--c1s-eV": (XPS_DOT, ("--c1s-eV", "285")),
        "--core": ((*XPS_DOT, "--diameter-nm", "3.2"), ("--core", "InP")),
        "--diameter-nm": ((*XPS_DOT, "--core", "InP"), ("--diameter-nm", "3.2")),
        "--shell": (BALL, ("--shell", "ZnSe")),
        "--ligand-nm": (BALL, ("--ligand-nm", "2")),
        "--contamination-nm": (BALL, ("--contamination-nm", "2")),
        "--attenuation-sigma": ((*BALL, "--shell", "ZnSe"), ("--attenuation-sigma", "0")),
    },
    ("simulate", "xps"): {
        "--levels": (SIM["xps"][:-2], ("--levels", "P_2p")),
        "--photon-eV": (SIM["xps"], ("--photon-eV", "1253.6")),
        "--step-eV": (SIM["xps"], ("--step-eV", "0.2")),
        "--counts": (SIM["xps"], ("--counts", "500")),
        "--background": (SIM["xps"], ("--background", "1")),
        "--step-height": (SIM["xps"], ("--step-height", "0")),
        "--charging-eV": (SIM["xps"], ("--charging-eV", "1")),
        "--ligand-nm": ((*SIM["xps"][:-1], "P_2p In_3d"), ("--ligand-nm", "3")),
        "--contamination-nm": ((*SIM["xps"][:-1], "P_2p In_3d"), ("--contamination-nm", "3")),
    },
    ("measure", "dosy"): {
        "--plot": (DOSY, ("--plot", "picture.svg")),
        "--json": (DOSY, ("--json",)),
        "--column": (DOSY, ("--column", "2")),
        "--delta-ms": (GRADIENTS, ("--delta-ms", "2")),
        "--big-delta-ms": (GRADIENTS, ("--big-delta-ms", "100")),
        "--nucleus": (GRADIENTS, ("--nucleus", "31P")),
        "--gradient-unit": (("measure", "dosy", "bare-gradients.csv", *TIMES), ("--gradient-unit", "G/cm")),
        "--shape": (GRADIENTS, ("--shape", "sine")),
        "--tau-ms": (GRADIENTS, ("--tau-ms", "20")),
        "--solvent": ((*DOSY, "--temperature-K", "298"), ("--solvent", "CDCl3")),
        "--temperature-K": ((*DOSY, "--solvent", "CDCl3"), ("--temperature-K", "310")),
        "--viscosity-mPa-s": ((*DOSY, "--temperature-K", "298"), ("--viscosity-mPa-s", "0.6")),
        "--free-D-m2-per-s": (DOSY, ("--free-D-m2-per-s", "1e-9")),
        "--gradient-sigma": (DOSY, ("--gradient-sigma", "0.05")),
        "--diameter-nm": ((*DOSY, "--temperature-K", "298", "--solvent", "CDCl3"), ("--diameter-nm", "3")),
        "--most-b-s-per-m2": (DOSY, ("--most-b-s-per-m2", "1e10")),
    },
    ("simulate", "dosy"): {
        "--solvent": (SIM["dosy"], ("--solvent", "THF")),
        "--temperature-K": (SIM["dosy"], ("--temperature-K", "310")),
        "--ligand-nm": (SIM["dosy"], ("--ligand-nm", "1")),
        "--free-fraction": (SIM["dosy"], ("--free-fraction", "0.3")),
        "--free-molar-mass": ((*SIM["dosy"], "--free-fraction", "0.3"), ("--free-molar-mass", "100")),
        "--gradient-T-per-m": (SIM["dosy"], ("--gradient-T-per-m", "0.3")),
        "--least-gradient-T-per-m": (SIM["dosy"], ("--least-gradient-T-per-m", "0.1")),
        "--steps": (SIM["dosy"][:-2], ("--steps", "10")),
        "--delta-ms": (SIM["dosy"], ("--delta-ms", "2")),
        "--big-delta-ms": (SIM["dosy"], ("--big-delta-ms", "100")),
        "--nucleus": (SIM["dosy"], ("--nucleus", "31P")),
        "--noise": (SIM["dosy"], ("--noise", "0.1")),
        "--shape": (SIM["dosy"], ("--shape", "sine")),
        "--tau-ms": (SIM["dosy"], ("--tau-ms", "20")),
    },
    ("measure", "nmr"): {
        "--plot": (NMR, ("--plot", "picture.svg")),
        "--json": (NMR, ("--json",)),
        "--column": (NMR, ("--column", "2")),
        "--nucleus": (NMR[:3], ("--nucleus", "31P")),
        "--frequency-MHz": (NMR[:5], ("--frequency-MHz", "500")),
        "--temperature-K": (NMR, ("--temperature-K", "-3")),
        "--window": (NMR, ("--window", "4-5")),
        "--reference": (NMR, ("--reference", "4.2=4.0")),
        "--standard": ((*NMR, "--standard-nmol", "1000"), ("--standard", "ferrocene")),
        "--standard-nmol": ((*NMR, "--standard", "ferrocene"), ("--standard-nmol", "100")),
        "--standard-sigma": (AMOUNTS, ("--standard-sigma", "0.5")),
        "--dots-nmol": (AMOUNTS[:-4], ("--dots-nmol", "5")),
        "--dots-sigma": (AMOUNTS, ("--dots-sigma", "0.5")),
        "--diameter-nm": (AMOUNTS[:-2], ("--diameter-nm", "3")),
        "--diameter-sigma-nm": (AMOUNTS, ("--diameter-sigma-nm", "0.5")),
        "--ligand": (AMOUNTS, ("--ligand", "ferrocene")),
        "--shape": (NMR, ("--shape", "voigt")),
        "--sites": (NMR, ("--sites", "4.1,4.2")),
        "--coupling-Hz": ((*NMR, "--sites", "4.1,4.2"), ("--coupling-Hz", "50")),
    },
    ("simulate", "nmr"): {
        "--nucleus": (SIM["nmr"][:5], ("--nucleus", "13C")),
        "--state": (PHOSPHORUS, ("--state", "solid")),
        "--frequency-MHz": (SIM["nmr"], ("--frequency-MHz", "500")),
        "--solvent": (SIM["nmr"], ("--solvent", "DMSO")),
        "--temperature-K": (SIM["nmr"], ("--temperature-K", "310")),
        "--dots-nmol": (SIM["nmr"], ("--dots-nmol", "100")),
        "--standard": (SIM["nmr"], ("--standard", "chloroform")),
        "--standard-nmol": (SIM["nmr"], ("--standard-nmol", "10")),
        "--beside": (SIM["nmr"], ("--beside", "oleic_acid:1000")),
        "--ligands-per-nm2": ((*SIM["nmr"], "--standard-nmol", "0"), ("--ligands-per-nm2", "21")),
        "--ligand-nm": ((*SIM["nmr"], "--standard-nmol", "0"), ("--ligand-nm", "1")),
        "--exchange": (PHOSPHORUS, ("--exchange", "maybe")),
        "--dH": (PHOSPHORUS, ("--dH", "1000")),
        "--dS": (PHOSPHORUS, ("--dS", "2000")),
        "--dH-act": (PHOSPHORUS, ("--dH-act", "1000")),
        "--dS-act": (PHOSPHORUS, ("--dS-act", "2000")),
        "--from-ppm": (SIM["nmr"], ("--from-ppm", "3.8")),
        "--to-ppm": (SIM["nmr"], ("--to-ppm", "6.5")),
        "--step-Hz": (SIM["nmr"], ("--step-Hz", "1")),
        "--noise": (SIM["nmr"], ("--noise", "0.1")),
        "--phase-deg": (SIM["nmr"], ("--phase-deg", "20")),
        "--reference-off-ppm": (SIM["nmr"], ("--reference-off-ppm", "0.1")),
        "--real-only": (SIM["nmr"], ("--real-only",)),
    },
    ("simulate", "xrd"): {
        "--radiation": (SIM["xrd"], ("--radiation", "Co")),
        "--start-deg": (SIM["xrd"], ("--start-deg", "20")),
        "--stop-deg": (SIM["xrd"], ("--stop-deg", "60")),
        "--step-deg": (SIM["xrd"], ("--step-deg", "0.1")),
        "--counts": (SIM["xrd"], ("--counts", "500")),
        "--background": (SIM["xrd"], ("--background", "20")),
        "--halo": (SIM["xrd"], ("--halo", "300")),
        "--halo-at-deg": ((*SIM["xrd"], "--halo", "300"), ("--halo-at-deg", "25")),
        "--zero-deg": (SIM["xrd"], ("--zero-deg", "0.2")),
        "--u2-A2": (SIM["xrd"], ("--u2-A2", "0.03")),
        "--dots": (SIM["xrd"], ("--dots", "1")),
        "--monochromator-deg": (SIM["xrd"], ("--monochromator-deg", "26.6")),
        "--fwhm-deg": (SIM["xrd"], ("--fwhm-deg", "0.8")),
    },
    ("measure", "tem"): {
        "--plot": (TEM, ("--plot", "picture.svg")),
        "--json": (TEM, ("--json",)),
        "--scale": (TEM[:-2], ("--scale", "0.2nm")),
        "--frame": (TEM, ("--frame", "2")),
        "--contrast": (TEM, ("--contrast", "dark")),
        "--smallest-nm": (TEM, ("--smallest-nm", "4.5")),
        "--largest-nm": (TEM, ("--largest-nm", "4.5")),
        "--scale-error": (TEM, ("--scale-error", "2")),
    },
    ("simulate", "tem"): {
        "--mode": (SIM["tem"], ("--mode", "bright field")),
        "--particles": (SIM["tem"], ("--particles", "7")),
        "--pixels": (SIM["tem"], ("--pixels", "100")),
        "--scale-nm": (SIM["tem"], ("--scale-nm", "0.25")),
        "--shape": (SIM["tem"], ("--shape", "octahedron")),
        "--positions": (SIM["tem"], ("--positions", "lattice")),
        "--axis": ((*SIM["tem"], "--positions", "lattice"), ("--axis", "110")),
        "--truncation": ((*SIM["tem"], "--shape", "octahedron"), ("--truncation", "0.2")),
        "--gap-nm": (SIM["tem"], ("--gap-nm", "3")),
        "--touching": (SIM["tem"], ("--touching", "60")),
        "--overlapping": (SIM["tem"], ("--overlapping", "60")),
        "--film-nm": (SIM["tem"], ("--film-nm", "10")),
        "--grain": (SIM["tem"], ("--grain", "10")),
        "--grain-nm": (SIM["tem"], ("--grain-nm", "1")),
        "--blur-nm": (SIM["tem"], ("--blur-nm", "1")),
        "--counts": (SIM["tem"], ("--counts", "50")),
        "--dark": (SIM["tem"], ("--dark", "5")),
        "--z-exponent": (SIM["tem"], ("--z-exponent", "1.9")),
        "--contrast-thickness": (
            (*SIM["tem"], "--mode", "bright field"),
            ("--contrast-thickness", "40"),
        ),
    },
    ("simulate", "pl"): {
        "--start-nm": (SIM["pl"], ("--start-nm", "480")),
        "--stop-nm": (SIM["pl"], ("--stop-nm", "700")),
        "--step-nm": (SIM["pl"], ("--step-nm", "2")),
        "--counts": (SIM["pl"], ("--counts", "1000")),
        "--background": (SIM["pl"], ("--background", "50")),
        "--bandpass-nm": (SIM["pl"], ("--bandpass-nm", "10")),
    },
    ("simulate", "uvvis"): {
        "--start-nm": (SIM["uvvis"], ("--start-nm", "400")),
        "--stop-nm": (SIM["uvvis"], ("--stop-nm", "700")),
        "--step-nm": (SIM["uvvis"], ("--step-nm", "2")),
        "--absorbance": (SIM["uvvis"], ("--absorbance", "0.1")),
        "--noise": (SIM["uvvis"], ("--noise", "0.01")),
        "--offset": (SIM["uvvis"], ("--offset", "0.1")),
        "--scatter": (SIM["uvvis"], ("--scatter", "0.1")),
    },
    ("simulate", "tcspc"): {
        "--counts": (SIM["tcspc"], ("--counts", "1000")),
        "--channels": (SIM["tcspc"], ("--channels", "1024")),
        "--channel-ns": (SIM["tcspc"], ("--channel-ns", "0.1")),
        "--period-ns": (SIM["tcspc"], ("--period-ns", "2000")),
        "--irf-fwhm-ns": (SIM["tcspc"], ("--irf-fwhm-ns", "1")),
        "--t0-ns": (SIM["tcspc"], ("--t0-ns", "30")),
        "--background": (SIM["tcspc"], ("--background", "9")),
        "--irf-counts": (SIM["tcspc"], ("--irf-counts", "1000")),
        "--irf-background": ((*SIM["tcspc"], "--irf-counts", "1000"), ("--irf-background", "5")),
    },
    ("simulate", "etch"): {
        "--by": (SIM["etch"], ("--by", "volume")),
        "--rounds-to-core": (SIM["etch"], ("--rounds-to-core", "3")),
        "--rounds-in-core": (SIM["etch"], ("--rounds-in-core", "2")),
        "--diameters": ((*SIM["etch"], "--by", "diameters"), ("--diameters", "4, 3.3, 0")),
        "--etch-spread": (SIM["etch"], ("--etch-spread", "0.2")),
        "--dots-nmol": (SIM["etch"], ("--dots-nmol", "20")),
        "--halide": (SIM["etch"], ("--halide", "Cl")),
        "--limit-nmol": (SIM["etch"], ("--limit-nmol", "1")),
        "--metal-limit-nmol": (SIM["etch"], ("--metal-limit-nmol", "100")),
        "--relative-noise": (SIM["etch"], ("--relative-noise", "0.3")),
        "--metal-noise": (SIM["etch"], ("--metal-noise", "0.2")),
        "--treated-C": (SIM["etch"], ("--treated-C", "300")),
    },
}
for _name, _call in SIM.items():
    WALK["simulate", _name] |= {
        "--output": (_call[:3], ("-o", "elsewhere.csv")),
        "--sample": (_call, ("--sample", "end")),
        "--seed": (_call, ("--seed", "1")),
        "--json": (_call, ("--json",)),
    }
# A fit takes what measure takes, but for what only measure uses, and its own.
FIT = {
    "pl": ("fit", "pl", "pl.csv"),
    "uvvis": ("fit", "uvvis", "uvvis.csv"),
    "tcspc": ("fit", "tcspc", "decay.csv", "--period", "200", "--exponentials", "1"),
    "xrd": ("fit", "xrd", "xrd.csv", "--phase", "InP"),
    "raman": ("fit", "raman", "raman.csv", "--model", "phonons"),
    "dosy": ("fit", "dosy", "dosy.csv"),
    "xps": ("fit", "xps", "xps.csv"),
    "tem": ("fit", "tem", "tem.tif", "--scale", "0.2nm"),
    "nmr": ("fit", *NMR[1:]),
    "etch": ("fit", "etch", "full.csv", "--treated-C", "300", "--model", "washing", "--starts", "1"),
}
FIT_ALONE: Walk = {
    ("fit", "pl"): {
        "--model": (FIT["pl"], ("--model", "split")),
        "--recorded": (("fit", "pl", "energy.csv"), ("--recorded", "per nm")),
        "--fix": (FIT["pl"], ("--fix", "sigma=0.05eV")),
        "--bound": (FIT["pl"], ("--bound", "sigma=0.06:0.1eV")),
        "--shared": ((*FIT["pl"], "--columns", "all"), ("--shared", "sigma")),
        "--bands": ((*FIT["pl"], "--model", "bands"), ("--bands", "2")),
    },
    ("fit", "uvvis"): {
        "--model": (FIT["uvvis"], ("--model", "population")),
        "--unit": (("fit", "uvvis", "mute.csv"), ("--unit", "eV")),
        "--material": ((*FIT["uvvis"], "--model", "population"), ("--material", "InP")),
        "--bands": (FIT["uvvis"], ("--bands", "2")),
        "--fix": (FIT["uvvis"], ("--fix", "sigma1=0.1eV")),
        "--bound": (FIT["uvvis"], ("--bound", "sigma1=0.1:0.2eV")),
        "--shared": ((*FIT["uvvis"], "--columns", "all"), ("--shared", "sigma1")),
    },
    ("fit", "tcspc"): {
        "--model": (FIT["tcspc"][:-2], ("--model", "stretched")),
        "--fix": (FIT["tcspc"], ("--fix", "background=2")),
        "--bound": (FIT["tcspc"], ("--bound", "tau1=20:30")),
        "--shared": ((*FIT["tcspc"], "--columns", "all"), ("--shared", "tau1")),
        "--exponentials": (FIT["tcspc"][:-2], ("--exponentials", "3")),
        "--channel-ns": (("fit", "tcspc", "channels.csv", "--period", "none"), ("--channel-ns", "0.5")),
        "--period": (("fit", "tcspc", "decay.csv", "--exponentials", "1"), ("--period", "200")),
    },
    ("fit", "raman"): {
        "--model": (FIT["raman"][:3], ("--model", "phonons")),
        "--laser": (("fit", "raman", "raman-nm.csv"), ("--laser", "532")),
    },
    ("fit", "xrd"): {"--model": (FIT["xrd"], ("--model", "cubes"))},
    ("fit", "xps"): {
        "--model": (FIT["xps"], ("--model", "lines", "--json")),
        "--components": (FIT["xps"], ("--components", "lines.yaml")),
        "--axis": (("fit", "xps", "xps-bare.csv"), ("--axis", "binding")),
        "--photon-eV": (("fit", "xps", "xps-kinetic.csv"), ("--photon-eV", "1486.9")),
    },
    ("fit", "dosy"): {
        "--model": (FIT["dosy"], ("--model", "spread")),
        "--free-D-m2-per-s": ((*FIT["dosy"], "--model", "two"), ("--free-D-m2-per-s", "1e-9")),
    },
    ("fit", "tem"): {
        "--model": (FIT["tem"], ("--model", "normal")),
        "--scale": (FIT["tem"][:-2], ("--scale", "0.2nm")),
    },
    ("fit", "nmr"): {
        "--model": (FIT["nmr"], ("--model", "exchange")),
        "--nucleus": (FIT["nmr"][:3], ("--nucleus", "77Sn")),
        "--frequency-MHz": (FIT["nmr"][:5], ("--frequency-MHz", "-5")),
        "--coupling-Hz": (FIT["nmr"], ("--coupling-Hz", "50")),
        "--fix": (FIT["nmr"], ("--fix", "width1=0.05ppm")),
        "--bound": (FIT["nmr"], ("--bound", "width1=0.2:0.3ppm")),
        "--shared": ((*FIT["nmr"], "--columns", "all"), ("--shared", "width1")),
    },
    ("fit", "etch"): {
        "--model": (FIT["etch"], ("--model", "out-diffusion")),
        "--treated-C": (("fit", "etch", "full.csv"), ("--treated-C", "300")),
        "--solution-mL": ((*FIT["etch"][:2], "all-ppm.csv", *FIT["etch"][3:]), ("--solution-mL", "10")),
    },
}
for _name, _call in FIT.items():
    _same = {o: (_call, t[1]) for o, t in WALK["measure", _name].items() if o != "--calibrate-against"}
    if _name == "tcspc":
        _same["--irf-column"] = ((*_call, "--irf", "irf.csv"), ("--irf-column", "2"))
        _same["--pileup"] = ((*_call, "--acquisition-s", "1"), ("--pileup",))
        _same["--scatter"] = ((*_call, "--irf", "irf.csv"), ("--scatter",))
    if _name == "dosy":
        _same |= {
            o: (("fit", *c[1:]), t) for o, (c, t) in WALK["measure", "dosy"].items() if c[2] != "dosy.csv"
        }
    if _name == "uvvis":
        _same["--baseline-nm"] = ((*_call, "--baseline", "offset"), ("--baseline-nm", "600-620"))
    for _option in {
        "pl": ("--density", "--bands", "--method", "--excitation", "--bandwidth"),
        "uvvis": ("--path-cm", "--method", "--bandwidth"),
        "tcspc": ("--profile",),
        "xrd": ("--zero-sigma-deg", "--reference-nm", "--method"),
        "raman": (),
        "xps": (
            "--c1s-eV",
            "--core",
            "--diameter-nm",
            "--shell",
            "--ligand-nm",
            "--contamination-nm",
            "--attenuation-sigma",
        ),
        "nmr": (
            "--reference",
            "--standard",
            "--standard-nmol",
            "--standard-sigma",
            "--dots-nmol",
            "--dots-sigma",
            "--diameter-nm",
            "--diameter-sigma-nm",
            "--ligand",
        ),
        "dosy": ("--solvent", "--temperature-K", "--viscosity-mPa-s", "--diameter-nm", "--gradient-sigma"),
        "tem": (),
    }.get(_name, ("--profile", "--explain")):
        del _same[_option]
    _place = "no/such/" if _name == "etch" else ""  # that fit fails: nothing is written, places are checked
    _same["--plot"] = (_call, ("--plot", f"{_place}p.png"))
    _same["--curve"] = (_call, ("--curve", f"{_place}c.csv"))
    _same["--output"] = (_call, ("-o", f"{_place}fit.json"))
    if _name == "etch":
        _same["--sizes"] = ((*_call[:2], "unsized.csv", *_call[3:]), ("--sizes", "sizes.csv"))
    _same["--columns"] = (_call, ("--columns", "all" if _name == "tcspc" else "9"))
    WALK["fit", _name] = _same | FIT_ALONE["fit", _name]
# What a folder of materials gives is tested with the materials; an empty one is refused.
CALLS = {("run",): RUN, ("dose",): DOSE, ("measure", "pl"): PL, ("measure", "uvvis"): UVVIS}
CALLS |= {
    ("measure", "tcspc"): TCSPC,
    ("measure", "etch"): ETCH,
    ("sweep",): SWEEP,
    ("calibrate",): CALIBRATE,
    ("suggest",): SUGGEST,
    ("measure", "xrd"): XRD,
    ("measure", "raman"): RAMAN,
    ("measure", "dosy"): DOSY,
    ("measure", "xps"): XPS,
    ("measure", "nmr"): NMR,
}
CALLS[("measure", "tem")] = TEM
CALLS |= {("fit", _name): _call for _name, _call in FIT.items()}
CALLS |= {("simulate", _name): _call for _name, _call in SIM.items()}
for _path, _call in CALLS.items():
    if _path[0] == "measure":
        WALK[_path] |= {
            "--columns": (_call, ("--columns", "all")),
            "--output": (_call, ("-o", "table.csv")),
            "--curve": (_call, ("--curve", "curve.csv")),
            "--jobs": (_call, ("--jobs", "0")),
        }
    WALK[_path]["--materials"] = (_call, ("--materials", "empty"))
WALK[("run",)]["--papers"] = (RUN, ("--papers", "empty"))
WALK[("sweep",)]["--papers"] = (SWEEP, ("--papers", "empty"))
WALK[("calibrate",)]["--papers"] = (CALIBRATE, ("--papers", "empty"))
WALK[("suggest",)]["--papers"] = (SUGGEST, ("--papers", "empty"))
WALK[("claims",)]["--papers"] = (("claims", "--id", "C004"), ("--papers", "empty"))


def _commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and its typer object; the instruments' are made only for a call that names them."""
    import typer

    from epidot import instruments
    from epidot.cli.app import build

    calls = [
        ("run",),
        *((verb, name) for verb in ("measure", "fit", "simulate") for name in instruments.names()),
    ]
    top = typer.main.get_command(build([]))
    yield (), top
    for name, command in top.commands.items():  # type: ignore[attr-defined]
        if not hasattr(command, "commands"):
            yield (name,), command
    for verb, name in calls[1:]:
        group = typer.main.get_command(build([verb, name])).commands[verb]  # type: ignore[attr-defined]
        yield (verb, name), group.commands[name]


def _options() -> list[tuple[tuple[str, ...], str]]:
    return [
        (path, next(flag for flag in parameter.opts if flag.startswith("--")))
        for path, command in _commands()
        for parameter in command.params
        if parameter.param_type_name == "option"
    ]


# A server does not end by itself: its options are walked by tests/web/test_serve.py.
SERVED = {(("ui",), option) for option in ("--port", "--browser", "--json")}


def test_the_walk_knows_every_option_and_no_other() -> None:
    walked = {(path, option) for path, options in WALK.items() for option in options}
    assert set(_options()) == walked | SERVED


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., tuple[Any, ...]]]:
    """``bench(*arguments)`` -> everything that came out of the command; each call is carried out once."""
    here = os.getcwd()
    os.chdir(tmp_path_factory.mktemp("bench"))
    _write_inputs()
    known: dict[tuple[str, ...], tuple[Any, ...]] = {}

    def call(*arguments: str) -> tuple[Any, ...]:
        if arguments not in known:
            known[arguments] = _called(arguments)
        return known[arguments]

    yield call
    os.chdir(here)


def _called(arguments: tuple[str, ...]) -> tuple[Any, ...]:
    from epidot.cli import main

    before = {p: p.read_bytes() for p in Path().rglob("*") if p.is_file()}
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as left:
        main(list(arguments))
    # --materials and --papers last as long as their command
    assert not {"EPIDOT_MATERIALS", "EPIDOT_PAPERS"} & set(os.environ)
    failed = left.value.code == 1 and "the fit failed" in err.getvalue()
    assert failed or left.value.code in (0, 2, None), err.getvalue()
    after = {p: p.read_bytes() for p in Path().rglob("*") if p.is_file()}
    for path in set(after) - set(before):
        path.unlink()
    for path, content in before.items():
        path.write_bytes(content)
    if left.value.code == 2:
        return "refused", err.getvalue()
    return out.getvalue(), err.getvalue(), {p: c for p, c in after.items() if before.get(p) != c}


@pytest.mark.parametrize("call", [RUN, DOSE, PL, TCSPC, SIM["pl"]], ids=" ".join)
def test_the_same_call_gives_the_same(bench: Callable[..., tuple[Any, ...]], call: tuple[str, ...]) -> None:
    """Else the walk below would see a change in everything."""
    assert bench(*call) == _called(call)


@pytest.mark.parametrize(
    ("path", "option"),
    [(path, option) for path, options in WALK.items() for option in options],
    ids=lambda x: " ".join(x) if isinstance(x, tuple) else x,
)
def test_an_option_changes_something_or_is_refused(
    bench: Callable[..., tuple[Any, ...]], path: tuple[str, ...], option: str
) -> None:
    call, added = WALK[path][option]
    without, given = bench(*call), bench(*call, *added)
    assert not call or "refused" not in (without[0], given[0]) or without[0] != given[0], without
    assert given != without


def _write_inputs() -> None:
    from importlib import resources

    Path("empty").mkdir()
    Path("taken").mkdir()
    Path("taken", "notes.txt").write_text("not of a run", encoding="utf-8")

    Path(DOT).write_text(
        "core: {material: InP, diameter: 3.3 nm, sigma: 8 %}\nlayer: d111\n"
        "shells:\n- {material: ZnS, thickness: 0.6 nm}\n"
        "ligands: {OA: 90}\ndots: 20\n",
        encoding="utf-8",
    )
    Path("study.yaml").write_text(
        "study: 1\nfree: {mechanism.Ea_ex: {low: 70, high: 72}}\n"
        "experiments: {z: {recipe: choi2023/inp-zn}}\n"
        "measured: [{of: z.10 min, quantity: coverage, value: 0, sigma: 1}]\n"
        "draws: 20\n"
        "candidates: {again: {recipe: choi2023/inp-zn, observe: [{sample: 10 min, "
        "quantity: In_exchanged_per_dot, sigma: 2}, "
        "{sample: 30 min, quantity: oxide_relative, sigma: 0.1}]}}\n",
        encoding="utf-8",
    )
    Path("sweep.yaml").write_text(
        "sweep: 1\nrecipe: choi2023/inp-zn\nquantities: coverage\nvary: {core.diameter: [3 nm, 3.2 nm]}\n",
        encoding="utf-8",
    )
    shipped = resources.files("epidot") / "data" / "mechanisms" / "choi2023.yaml"
    text = shipped.read_text(encoding="utf-8")
    Path("mine.yaml").write_text(text.replace("name: choi2023", "name: mine", 1), encoding="utf-8")
    rng = np.random.default_rng(5)
    nm = np.arange(450.0, 751.0)
    band = 9000 * np.exp(-0.5 * ((nm - 612) / 17) ** 2) + 40 + rng.normal(0, 5, nm.size)
    second = 5000 * np.exp(-0.5 * ((nm - 580) / 20) ** 2) + 30 + rng.normal(0, 5, nm.size)
    _table("pl.csv", "wavelength (nm),PL one,PL two", nm, band, second)
    _table("lamp.csv", "wavelength (nm),PL", nm, 1 + 500 * np.exp(-((nm - 546.5) ** 2) / 2))
    _table("holmium.csv", "wavelength (nm),Absorbance", nm, 0.1 + np.exp(-((nm - 537.0) ** 2) / 18))
    line = 900 * np.exp(-0.5 * ((nm - 720) / 3.5) ** 2)  # second order of 360 nm
    _table("lined.csv", "wavelength (nm),PL", nm, band + line)
    eV = np.arange(1.70, 2.60, 0.005)
    _table("energy.csv", "energy (eV),PL", eV, 9000 * np.exp(-0.5 * ((eV - 2.0) / 0.06) ** 2) + 10)
    wide = np.arange(380.0, 701.0)
    absorbance = [
        0.3 * np.exp(-0.5 * ((wide - c) / 18) ** 2) + np.exp(-(wide - 380) / 60) * 0.9 + 0.01
        for c in (560, 520)
    ]
    _table("uvvis.csv", "wavelength (nm),absorbance a,absorbance b", wide, *absorbance)
    _table("silent.csv", "x,y", wide, absorbance[0] * 50)
    _table("mute.csv", "x,y", wide, absorbance[0])
    t = np.arange(0, 200, 0.2)
    decays = [rng.poisson(2 + 5000 * np.exp(-np.clip(t - 20, 0, None) / tau) * (t >= 20)) for tau in (15, 25)]
    response = [1000 * np.exp(-0.5 * ((t - c) / 0.3) ** 2) for c in (20, 20.6)]
    _table("decay.csv", "time (ns),a,b", t, *decays)
    _table("irf.csv", "time (ns),a,b", t, *(rng.poisson(r) for r in response))
    from epidot.runs.run import run as carried_out

    carried_out("choi2023/inp-znse", engine="meanfield", dots=1).save("grown.nc")
    Path("numbers.yaml").write_text("parameters:\n  InP.Eg_eV: 1.4\n", encoding="utf-8")
    Path("channels.csv").write_text("\n".join(str(n) for n in decays[0]) + "\n", encoding="utf-8")
    from epidot.dot.layers import LayeredDot
    from epidot.instruments import xrd

    setup = {"step_deg": 0.2, "radiation": "Cu", "counts": 500.0}
    powders = [xrd.simulate([LayeredDot("InP", d)], setup, rng=rng) for d in (2.0, 2.6)]
    _table("bare.csv", "2theta (deg),a,b", powders[0].x, *(p.y for p in powders))
    lines = Path("bare.csv").read_text(encoding="utf-8")
    Path("xrd.csv").write_text("# wavelength 1.5406\n" + lines, encoding="utf-8")
    angle = np.arange(20.0, 60.0, 0.02)
    places = 2 * np.degrees(np.arcsin(0.15406 * np.sqrt([1, 2, 3, 4, 5, 6]) / (2 * 0.415689))) + 0.05
    seen = 20 + 5000 * np.exp(-0.5 * ((angle[:, None] - places) / 0.04) ** 2).sum(axis=1)
    rows = "".join(f"{x:.2f} {round(c)}\n" for x, c in zip(angle, seen, strict=True))
    Path("lab6.csv").write_text("# wavelength 1.5406\n" + rows, encoding="utf-8")
    from epidot.dot.layers import Layer
    from epidot.instruments import raman

    setup = {"step_cm1": 4.0, "stop_cm1": 600.0, "counts": 4000.0, "background": 200.0}
    spectra = [
        raman.simulate([LayeredDot("InP", d, (Layer("ZnSe", 0.7),))], setup, rng=rng) for d in (2.6, 3.3)
    ]
    shift = spectra[0].x
    _table("raman.csv", "Raman shift (cm-1),a (counts),b (counts)", shift, *(s.y for s in spectra))
    _table("raman-nm.csv", "wavelength (nm),a (counts)", 1e7 / (1e7 / 532 - shift), spectra[0].y)
    near = np.arange(480.0, 561.0)
    _table("silicon.csv", "Raman shift (cm-1),a", near, 5 + 900 * np.exp(-(((near - 521.5) / 3) ** 2)))
    from epidot.instruments import xps
    from epidot.signal import storage

    setup = {"levels": "In_3d P_2p Se_3d C_1s", "step_eV": 0.2, "counts": 3000.0}
    seen = xps.simulate([LayeredDot("InP", 3.2, (Layer("ZnSe", 0.6),), oxide=60)], setup, rng=rng)
    storage.save(seen, "xps-dot.csv")
    other = 2 * seen.y + 100
    _table("xps.csv", "BE/eV,a,b", seen.x, seen.y, other)
    _table("xps-bare.csv", "x,a,b", seen.x, seen.y, other)
    Path("lines.yaml").write_text("lines: {a: {place: [443, 446], width: [0.5, 3]}}", encoding="utf-8")
    _table("xps-kinetic.csv", "KE/eV,a,b", 1486.6 - seen.x[::-1], seen.y[::-1], other[::-1])
    carbon = seen.companions["C 1s"]
    _table("c1s.csv", "BE/eV,C 1s", carbon.x + 0.3, carbon.y)
    b = np.linspace(0.1, 1, 12) ** 2 * 3e10
    falls = [np.exp(-D * b) + 0.01 * np.cos(1e3 * b) for D in (1e-10, 4e-10)]
    _table("dosy.csv", "b (s/m2),first,second", b, *falls)
    _table("gradients.csv", "gradient (G/cm),first,second", np.linspace(5, 50, 12), *falls)
    _table("bare-gradients.csv", "x,first,second", np.linspace(5, 50, 12), *falls)
    _images("tem.tif", rng)
    ppm = np.linspace(3.6, 6, 300)
    lines = [h / (1 + ((ppm - 4.16) / 0.03) ** 2) + 0.2 / (1 + ((ppm - 5.37) / 0.05) ** 2) for h in (5, 3)]
    _table("nmr.csv", "shift (ppm),first,second", ppm, *(y + 0.01 * rng.standard_normal(300) for y in lines))
    rounds, size = np.arange(1, 7), [9.0, 7.6, 6.2, 4.8, 3.3, 0.0]
    halide, indium, zinc = [20, 45, 60, 30, 8, 3.5], [1, 1, 1, 2, 300, 700], [900, 700, 500, 300, 90, 5]
    _table(
        "rounds.csv", "round,diameter (nm),Br (nmol),In (nmol),Zn (nmol)", rounds, size, halide, indium, zinc
    )
    _table("ppm.csv", "round,diameter (nm),Br (ppm)", rounds, size, np.array(halide) / 10)
    rows = [f"{n},{d},{h},{i},{z}" for n, d, h, i, z in zip(rounds, size, halide, indium, zinc, strict=True)]
    table = ["round,diameter (nm),Br (nmol),In (nmol),Zn (nmol)", "0,10.3,,,", *rows]
    head = ["# dots: 10 nmol", "# detection limit: 3 nmol"]
    Path("full.csv").write_text("\n".join([*head, *table]) + "\n", encoding="utf-8")
    unsized = [f"{n},{h},{i},{z}" for n, h, i, z in zip(rounds, halide, indium, zinc, strict=True)]
    Path("unsized.csv").write_text(
        "\n".join([*head, "# core diameter: 3.3 nm", "round,Br (nmol),In (nmol),Zn (nmol)", *unsized]) + "\n",
        encoding="utf-8",
    )
    _table("sizes.csv", "image,diameter_nm", [0, *rounds], [10.3, *size[:-1], 3.2])
    table[0] = table[0].replace("Br (nmol)", "Br (ppm)")
    Path("all-ppm.csv").write_text("\n".join([*head, *table]) + "\n", encoding="utf-8")


def _images(name: str, rng: np.random.Generator) -> None:
    """Two frames of grey values without a scale."""
    from PIL import Image

    from epidot.dot.layers import LayeredDot, Population
    from epidot.instruments import tem

    dots = Population.drawn(LayeredDot("InP", 4.5), 100, 0.08, rng)
    setup = {"particles": 26, "pixels": 200, "scale_nm": 0.2}
    grey = [tem.simulate(dots, setup, rng=rng).y.astype(np.uint16) for _ in range(2)]
    first, second = (Image.fromarray(values) for values in grey)
    first.save(name, save_all=True, append_images=[second])


def _table(name: str, head: str, *columns: Any) -> None:
    rows = [",".join(f"{float(v):.6g}" for v in row) for row in zip(*columns, strict=True)]
    Path(name).write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")


ALONE = {
    ("dose", "--path"): (DOSE, ("--path", "1cm")),
    ("dose", "--volume"): (DOSE, ("--volume", "5mL")),
    ("measure", "tcspc", "--irf-column"): (TCSPC, ("--irf-column", "2")),
    **{
        ("measure", "etch", f"--{name}"): (ETCH, (f"--{name}", value))
        for name, value in {
            "core-nm": "3", "inner-nm": "1", "addition-min": "5", "hold-min": "5", "cooling-min": "5",
            "etch-spread": "0.1", "bath-per-dot": "500", "bath-M": "0.1", "starts": "2",
        }.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("name", ALONE, ids=" ".join)
def test_an_option_without_the_one_it_needs_is_refused(
    bench: Callable[..., tuple[Any, ...]], name: tuple[str, ...]
) -> None:
    call, added = ALONE[name]
    assert bench(*call)[0] != "refused"
    answer = bench(*call, *added)
    assert answer[0] == "refused"
    assert name[-1].strip("-").split("-")[0] in answer[1]
