"""Time-correlated single-photon counting: lifetimes of a decay and what the counter would show.

Definition.  Counts per channel are those of Σ a_i e^(−t/τ_i) after every pulse, seen through the
instrument response, integrated over the channel, plus a constant background; lifetimes maximise the
Poisson likelihood (:mod:`.model`, :mod:`epidot.signal.poisson`, :mod:`.estimate`).

Assumptions and range.  One photon per excitation at most; one to four exponentials; even channels; a
constant background.  Pile-up is warned of, and corrected on request.

Validation.  Closed forms, the Cramér–Rao bound over seeds, dyes measured with their response
(``tests/instruments/tcspc``, ``tests/real/test_picoharp.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from epidot.instruments.contract import Dots, Header, Reported, Restated
from epidot.instruments.options import Settings, file, flag, integer, limits, number, text
from epidot.instruments.tcspc.trial import trial
from epidot.quantities import Fit, Quantities
from epidot.signal import Signal

_PERIOD = text(
    "period",
    "ns",
    "time between pulses: a number in ns, a rate such as '1 MHz', or 'none' for a single pulse; "
    "read from the file where it says so, never assumed",
)

RESPONSES = ("irf", "prompt", "response", "ludox", "scatter", "scatterer")


def _restated(signal: Signal, chosen: Settings) -> Signal:
    from epidot.instruments.tcspc.formats import restated

    return restated(signal, chosen["period"], chosen["acquisition_s"])


HEADER = Header(
    name="tcspc",
    title="Photon-counting decay (TCSPC)",
    x_axis="time / ns (lower edge of the channel)",
    decades=True,
    y_axis="counts per channel",
    formats=(
        "PicoHarp 300 histograms (.phd, version 2.0)",
        "PicoQuant .ptu (T3) and .phu, Becker & Hickl .sdt, with the extra 'vendor'",
        "text tables with a time or channel column, or a single column of counts",
        "signals saved by epidot",
    ),
    quantities=(
        Reported("tau1_ns", "ns", "shortest lifetime (tau2_ns, tau3_ns, tau4_ns: the longer ones)"),
        Reported("tau2_ns", "ns", "second lifetime"),
        Reported("fraction1", "1", "intensity fraction a1 tau1 / sum(a tau) (fraction2 ...)"),
        Reported("fraction2", "1", "intensity fraction of the second"),
        Reported("amplitude1", "1", "amplitude fraction a1 / sum(a) (amplitude2 ...)"),
        Reported("amplitude2", "1", "amplitude fraction of the second"),
        Reported("tau_amplitude_ns", "ns", "amplitude-weighted average sum(a tau) / sum(a)"),
        Reported("tau_intensity_ns", "ns", "intensity-weighted average sum(a tau^2) / sum(a tau)"),
        Reported("reduced_deviance", "1", "Poisson deviance per degree of freedom"),
        Reported("background", "counts per channel", "constant background"),
        Reported("irf_shift_ns", "ns", "shift of the measured response"),
        Reported("t0_ns", "ns", "centre of a Gaussian response"),
        Reported("irf_fwhm_ns", "ns", "width of a Gaussian response, where it is fitted"),
        Reported("scattered_fraction", "1", "light scattered without delay, where it is fitted"),
    ),
    read_options=(
        text("column", "", "which decay of the file: name, or number from 1"),
        number("channel_ns", "ns", None, "width of a channel, if the file does not say", 1e-4, 1e6),
        _PERIOD,
        number("acquisition_s", "s", None, "measuring time, for the pile-up check", 1e-6, 1e9),
    ),
    setup=(
        number("counts", "counts", 1e6, "photons of the decay per period", 0, 1e12),
        integer("channels", 4096, "number of channels", 16, 1_000_000),
        number("channel_ns", "ns", 1000 / 4096, "width of a channel", 1e-4, 1e6, source="period / channels"),
        number("period_ns", "ns", 1000.0, "time between pulses", 1e-3, 1e9, source="choi2023 (C125): 1 MHz"),
        number(
            "irf_fwhm_ns",
            "ns",
            0.2,
            "FWHM of the Gaussian instrument response",
            0,
            1e6,
            source="choi2023 (C125): 200 ps",
        ),
        number("t0_ns", "ns", 20.0, "when the pulse arrives", 0, 1e9),
        number("background", "counts", 2.0, "background counts per channel", 0, 1e9),
        number("irf_counts", "counts", 0.0, "counts of a response measured along with it; 0: none", 0, 1e12),
        number("irf_background", "counts", 0.0, "background of that, per channel", 0, 1e9),
    ),
    measure_options=(
        file("irf", "file of the measured instrument response", beside=RESPONSES),
        integer("exponentials", 0, "number of exponentials; 0: as many as the data demand", 0, 4),
        _PERIOD,
        number("irf_fwhm_ns", "ns", None, "FWHM of a Gaussian response instead of a file", 1e-4, 1e6),
        text("irf_column", "", "column of the response in its file", needs="irf"),
        number(
            "start_ns",
            "ns",
            None,
            "leave out everything earlier; behind the rise and without a response: tail fit",
            -1e9,
            1e9,
        ),
        number("stop_ns", "ns", None, "leave out everything later", -1e9, 1e9),
        number("background", "counts", None, "known background per channel, instead of fitting it", 0, 1e9),
        flag("scatter", "allow for light scattered without delay"),
        flag("pileup", "correct for pile-up (needs the measuring time)"),
        flag("profile", "profile-likelihood intervals of every lifetime and share"),
        integer("bin", None, "channels per bin; by itself: as few as leave 8192 bins", 1, 65_536),
    ),
    fit_models=("exponentials", "stretched", "lognormal", "gamma", "trapped", "tail", "maxent"),
    fit_options=limits("tau1=5ns or background=2", "tau2=20:80ns", "tau1,tau2"),
    fits_together=True,
    measure_only=("profile",),
    marks=(
        ("start", 10.0, ("PicoHarp 300", "PQTTTR", "PQHIST")),
        ("name", 3.0, (".sdt",)),
        ("head", 3.0, ("ns/bin", "ns/channel", "time calibration")),
        ("head", 2.5, ("time (ns)", "time [ns]", "time/ns", "time / ns", "time_ns", "time (ps)")),
        ("head", 2.0, ("tcspc",)),
        ("head", 1.0, ("decay",)),
        ("head", 0.8, ("prompt",)),
        ("head", 0.5, ("irf",)),
        ("head", 0.3, ("counts",)),
        ("name", 1.0, ("tcspc", "trpl")),
        ("name", 0.8, ("decay", "lifetime")),
        ("name", 0.5, (".phd",)),
        ("name", 0.3, ("irf",)),
    ),
    trial=trial,
    cases=12,
    noises=5,
    materials=None,
    restated=Restated(("period", "acquisition_s"), _restated),
)


@HEADER.read
def read(path: str | Path, chosen: Settings) -> Signal:
    """The decay (or the instrument response) in a file: counts over time / ns.

    Options: ``column, channel_ns, period, acquisition_s`` (see ``HEADER``).

    Raises
    ------
    InputError
        If the file, the column or an option cannot be used, or the channels' width is not known.
    """
    from epidot.instruments.tcspc.formats import read_decay

    return read_decay(path, chosen["column"], chosen["channel_ns"], chosen["period"], chosen["acquisition_s"])


@HEADER.simulate
def simulate(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """The decay that ``dots`` would show, in counts.

    ``setup`` as declared in ``HEADER.setup``.  Without ``rng`` the counts are their expectation.  With
    ``irf_counts`` the response measured along with it is the signal's companion ``irf``.

    Raises
    ------
    InputError
        If the set-up is impossible or the dots emit no light.
    """
    from epidot.instruments.tcspc.simulated import counted, ensemble_terms

    return counted(*ensemble_terms(dots), setup, rng)


@HEADER.measure
def measure(signal: Signal, chosen: Settings) -> Quantities:
    """Lifetimes, their shares and averages, with errors.

    Options: see ``HEADER.measure_options``; ``irf`` is a path or a :class:`~epidot.signal.Signal`.

    Raises
    ------
    InputError
        If the period is not known, the response does not belong to the decay, or the values are no counts.
    WorkError
        If no fit converges.
    """
    from epidot.instruments.tcspc.measured import quantities

    return quantities(signal, chosen)


@HEADER.fit
def fit(signals: Sequence[Signal], model: str | None, chosen: Settings) -> Fit:
    """A model fitted to one decay or to several at once: parameters with intervals, and how the fit ended.

    ``model`` is one of ``HEADER.fit_models``, by default ``exponentials``: as many as asked for, else as
    the data demand.  Parameters may be held (``fix``), bounded, and ``shared`` between the decays.

    Raises
    ------
    InputError, WorkError
        As :func:`measure`, or if there is no such model or parameter.
    """
    from epidot.instruments.tcspc.fitting import fitted

    return fitted(signals, model, chosen)
