"""Convolving exponentials with a measured instrument response, and carrying its counting noise.

With the response's counts spread evenly over their channels the convolution is exact, at any shift.
A recursive filter does it in one pass over the response's peak; behind it only the pure exponential
is left, which is integrated in closed form.  The slow part of the response, where there is one, goes
the same way on the coarser bins.

The response was itself counted, with Poisson noise.  Two things follow from that.  Channels on the
rising edge are predicted less well than their own counting noise, and get the variance of the
prediction added (:meth:`MeasuredResponse.variance`); and the same noise moves the fitted lifetimes,
which :meth:`MeasuredResponse.pull` carries into their covariance to first order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from epidot.instruments.tcspc.prompt import Boxes, Prompt
from epidot.instruments.tcspc.response import Array, Shown, alone, fall, falling, summed
from epidot.signal.convolution import convolved


@dataclass(frozen=True)
class MeasuredResponse:
    """A :class:`.Prompt` with a free shift ``irf_shift_ns``.

    ``edges`` (n + 1,) are evenly spaced, each bin holding ``bin`` channels of the prompt's width.
    """

    edges: Array
    period_ns: float
    prompt: Prompt
    bin: int = 1
    _parts: tuple[_Part, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        parts = [_Part(self.edges, self.period_ns, self.prompt.peak, self.bin)]
        if self.prompt.slow is not None:
            parts.append(_Part(self.edges, self.period_ns, self.prompt.slow.binned(self.bin), 1))
        object.__setattr__(self, "_parts", tuple(parts))

    @property
    def own(self) -> tuple[str, ...]:
        return ("irf_shift_ns",)

    @property
    def noisy(self) -> bool:
        """Whether the response was counted, so that it has noise of its own."""
        return self.prompt.counted

    @property
    def raw(self) -> Array:
        """Counts, hence variances, of the response's channels in the order of :meth:`pull`."""
        return np.concatenate([part.boxes.raw for part in self._parts])

    def coarser(self, factor: int) -> MeasuredResponse:
        """The same with ``factor`` bins in one; bins left over at the end are dropped."""
        return MeasuredResponse(self.edges[::factor], self.period_ns, self.prompt, self.bin * factor)

    def exponential(self, tau: float, own: Array) -> Shown:
        return alone(self, tau, own)

    def exponentials(self, amplitudes: Array, taus: Array, own: Array) -> Shown:
        shift = float(own[0])
        each = [part.exponentials(taus, shift) for part in self._parts]
        counts, by_tau = (sum(rows[1:], rows[0]) / self.prompt.counts for rows in zip(*each, strict=True))
        return Shown(counts, by_tau, self._moved(amplitudes / taus, amplitudes / taus @ counts, own))

    def _moved(self, rates: Array, mixed: Array, own: Array) -> Array:
        """Derivative (1, n) by the shift of what falls as ``mixed`` of amplitudes times ``rates``."""
        return np.asarray(mixed - float(rates.sum()) * self.scatter(own).counts)[None, :]

    def mixture(self, taus: Array, weights: Array, own: Array) -> tuple[Array, Array]:
        rows = np.vstack((weights, weights[:1] / taus))
        each = [part.mixture(taus, rows, float(own[0])) for part in self._parts]
        out = np.sum(each, axis=0) / self.prompt.counts
        return out[:-1], self._moved(rows[-1], out[-1], own)

    def scatter(self, own: Array) -> Shown:
        each = [part.scatter(float(own[0])) for part in self._parts]
        counts, by_shift = (sum(rows[1:], rows[0]) / self.prompt.counts for rows in zip(*each, strict=True))
        return Shown(counts, np.zeros_like(counts), by_shift[None, :])

    def variance(self, amplitudes: Array, taus: Array, scattered: float, own: Array) -> Array:
        """Variance of the predicted counts on and around the response, shape (n,), zero behind it."""
        out = np.zeros(self.edges.size - 1)
        for i, part in enumerate(self._parts):
            part.add_variance(out, amplitudes, taus, scattered, float(own[0]), fixed_total=i == 0)
        return out / self.prompt.counts**2

    def pull(self, v: Array, amplitudes: Array, taus: Array, scattered: float, own: Array) -> Array:
        """Σ_i v_i ∂μ_i/∂r_j for every channel j of the response: the transpose of the convolution.

        ``v`` are rows (k, n), the result (k, m) with m that of :attr:`raw`.  μ is the predicted counts, r the
        response's counts at a fixed total.
        """
        each = [part.pull(v, amplitudes, taus, scattered, float(own[0])) for part in self._parts]
        return np.concatenate(each, axis=1) / self.prompt.counts


@dataclass(frozen=True)
class _Place:
    """Where the shifted response lies on the fine grid: all in fine channels from the window's start."""

    first: int  # channel of the response's first box
    part: float  # how far the boxes reach into the next channel, 0 <= part < 1
    begin: int  # first and last fine channel of the near region, whole bins
    end: int


@dataclass(frozen=True)
class _Part:
    """Evenly filled boxes seen through channels; all results are per unit of ``boxes.net``."""

    edges: Array
    period_ns: float
    boxes: Boxes
    bin: int

    @cached_property
    def _from_start(self) -> Array:
        """The edges in channels from the start of the window on, (n + 1,)."""
        return np.asarray((self.edges - self.edges[0]) / self.boxes.channel_ns)

    def _place(self, shift: float) -> _Place:
        at = (self.boxes.start_ns + shift - float(self.edges[0])) / self.boxes.channel_ns
        first = math.floor(at)
        begin = math.floor(first / self.bin) * self.bin
        end = math.ceil((first + self.boxes.net.size + 2) / self.bin) * self.bin
        return _Place(first, at - first, begin, end)

    def _laid(self, place: _Place, values: Array) -> Array:
        out = np.zeros(place.end - place.begin)
        at = place.first - place.begin
        out[at : at + values.size] = values
        return out

    def _binned(self, place: _Place, near: Array, out: Array) -> None:
        """Add the near region's fine channels to the bins of ``out``, leaving out what is outside."""
        bins = near.reshape(-1, self.bin).sum(axis=1)
        low = place.begin // self.bin
        first, last = max(low, 0), min(low + bins.size, out.size)
        if first < last:
            out[first:last] += bins[first - low : last - low]

    def _fall(self, place: _Place, x: Array) -> tuple[Array, Array]:
        """Share of what is still to come at the end of the near region that falls into each bin behind it
        (earlier pulses: into every bin), and its derivative by −x, both (m, n)."""
        size, first = self.edges.size - 1, max(0, place.end // self.bin)
        u = self._from_start - place.end  # in channels
        counts, moment = np.zeros((x.size, size)), np.zeros((x.size, size))
        again, turn = np.zeros_like(x), 0.0
        if math.isfinite(self.period_ns):
            turn = self.period_ns / self.boxes.channel_ns
            again = -np.exp(-x * turn) / np.expm1(-x * turn)
            # a period later, and of all pulses before; what has not begun yet is all to come
            before = np.maximum(u[: first + 1] + turn, 0.0)
            s = np.exp(-np.multiply.outer(x, before)) * (1 + again)[:, None]
            m = s * (before + (turn * again)[:, None])
            counts[:, :first], moment[:, :first] = (each[:, :-1] - each[:, 1:] for each in (s, m))
        if first < size:
            begun, since = np.exp(-x * u[first]) * (1 + again), u[first] + turn * again
            fall(counts[:, first:], moment[:, first:], x, begun, since, self.bin)
        return counts, moment

    def exponentials(self, taus: Array, shift: float) -> tuple[Array, Array]:
        """D of each of ``taus`` (m,) and its derivative by it, both (m, n)."""
        from scipy.signal import lfilter

        place, x = self._place(shift), self.boxes.channel_ns / taus
        net = self.boxes.net
        boxes = self._laid(place, net)
        before = np.concatenate(([0.0], boxes[:-1]))
        # Behind the near region: `left` is what is still to come there, falling as one exponential.
        back = place.end - place.first - place.part - 1.0 - np.arange(net.size)
        each = net * np.exp(-np.multiply.outer(x, back))
        gain, total = -np.expm1(-x) / x, each.sum(axis=1)
        left = gain * total
        left_by_x = (np.exp(-x) - gain) / x * total - gain * (each @ back)
        counts, moment = self._fall(place, x)
        by_tau = left_by_x[:, None] * counts
        counts *= left[:, None]
        moment *= left[:, None]
        by_tau -= moment
        for i, one in enumerate(x.tolist()):
            tap, a = _taps(one, place.part), math.exp(-one)
            late = lfilter([0.0, 0.0, tap.w[2]], [1.0, -a], boxes)
            later = lfilter([0.0, 1.0], [1.0, -a], late)
            near = tap.by_x[0] * boxes + tap.by_x[1] * before - a * later
            if tap.w[2] > 0:
                near += tap.by_x[2] / tap.w[2] * late
            self._binned(place, tap.w[0] * boxes + tap.w[1] * before + late, counts[i])
            self._binned(place, near, by_tau[i])
        by_tau *= (-x / taus)[:, None]
        return counts, by_tau

    def mixture(self, taus: Array, weights: Array, shift: float) -> Array:
        """Σ_m weights[r, m] D(τ_m), shape (r, n)."""
        place, x = self._place(shift), self.boxes.channel_ns / taus
        net, length = self.boxes.net, place.end - place.begin
        out = np.zeros((weights.shape[0], self.edges.size - 1))
        here, following, behind = _shares(x, place.part)
        kernel = np.empty((weights.shape[0], length))
        kernel[:, 0], kernel[:, 1] = weights @ here, weights @ following
        kernel[:, 2:] = falling(x, weights * behind, 1.0, length - 2)
        near = convolved(self._laid(place, net)[None, :], kernel)[:, :length]
        for row, fine in zip(out, near, strict=True):
            self._binned(place, fine, row)

        nearest = place.end - place.first - place.part - net.size
        left = -np.expm1(-x) / x * np.exp(-nearest * x) * summed(x, net[::-1], 1.0)
        light = weights * left
        u, first = self._from_start - place.end, max(0, place.end // self.bin)
        if first < u.size - 1:
            s = falling(x, light * np.exp(-x * u[first]), self.bin, u.size - first)
            out[:, first:] += s[:, :-1] - s[:, 1:]
        if math.isfinite(self.period_ns):
            turn = self.period_ns / self.boxes.channel_ns
            start = int(np.searchsorted(u, -turn))
            if start < u.size:
                light = light / -np.expm1(-x * turn)
                s = falling(x, light * np.exp(-x * (u[start] + turn)), self.bin, u.size - start)
                out[:, start:] += s[:, :-1] - s[:, 1:]
                if start:
                    out[:, start - 1] += light.sum(axis=1) - s[:, 0]
        return out

    def scatter(self, shift: float) -> tuple[Array, Array]:
        """The boxes themselves and their derivative by the shift, both (n,)."""
        place = self._place(shift)
        boxes = self._laid(place, self.boxes.net)
        before = np.concatenate(([0.0], boxes[:-1]))
        counts, by_shift = np.zeros(self.edges.size - 1), np.zeros(self.edges.size - 1)
        self._binned(place, (1 - place.part) * boxes + place.part * before, counts)
        self._binned(place, before - boxes, by_shift)
        return counts, by_shift / self.boxes.channel_ns

    def add_variance(
        self,
        out: Array,
        amplitudes: Array,
        taus: Array,
        scattered: float,
        shift: float,
        *,
        fixed_total: bool,
    ) -> None:
        """Counting noise of the boxes (at a fixed total, if a common factor is no error of the shape)
        plus the square of what the unknown inside of the channels may do."""
        place = self._place(shift)
        length = place.end - place.begin
        kernel = np.zeros(length)
        for amplitude, tau in zip(amplitudes, taus, strict=True):
            x = self.boxes.channel_ns / float(tau)
            tap = _taps(x, place.part)
            kernel[:2] += amplitude * np.asarray(tap.w[:2])
            kernel[2:] += amplitude * tap.w[2] * np.exp(-x * np.arange(length - 2))
        if scattered:
            kernel[:2] += scattered * np.array([1 - place.part, place.part])
        # one bin sums `bin` fine channels: the same for its kernel, here at every fine offset
        summed = np.cumsum(kernel)
        summed[self.bin :] -= summed[: -self.bin].copy()

        def shown(values: Array, through: Array) -> Array:
            full = convolved(self._laid(place, values), through)[:length]
            return np.asarray(full[self.bin - 1 :: self.bin], dtype=np.float64)

        noise = shown(self.boxes.raw, summed**2)
        if fixed_total:
            noise -= shown(self.boxes.raw, summed) ** 2 / max(float(self.boxes.raw.sum()), 1.0)
        variance = np.maximum(noise, 0.0) + shown(self.boxes.unsure, summed) ** 2
        self._binned(place, np.repeat(variance, self.bin) / self.bin, out)

    def pull(self, v: Array, amplitudes: Array, taus: Array, scattered: float, shift: float) -> Array:
        from scipy.signal import lfilter

        place = self._place(shift)
        size, rows = self.boxes.net.size, v.shape[0]
        fine = np.zeros((rows, place.end - place.begin))
        low = place.begin // self.bin
        first, last = max(low, 0), min(place.end // self.bin, v.shape[1])
        if first < last:
            laid = np.repeat(v[:, first:last], self.bin, axis=1)
            fine[:, (first - low) * self.bin : (last - low) * self.bin] = laid
        after = np.concatenate((fine[:, 1:], np.zeros((rows, 1))), axis=1)
        at = place.first - place.begin
        here = slice(at, at + size)
        back = place.end - place.first - place.part - 1.0 - np.arange(size)
        each = self.boxes.channel_ns / taus
        still = v @ self._fall(place, each)[0].T
        out = np.zeros((rows, size))
        for i, (amplitude, x) in enumerate(zip(amplitudes, each.tolist(), strict=True)):
            tap = _taps(x, place.part)
            late = lfilter([0.0, 0.0, tap.w[2]], [1.0, -math.exp(-x)], fine[:, ::-1])[:, ::-1]
            near = tap.w[0] * fine[:, here] + tap.w[1] * after[:, here] + late[:, here]
            behind = -math.expm1(-x) / x * np.exp(-back * x)
            out += amplitude * (near + still[:, i, None] * behind)
        if scattered:
            out += scattered * ((1 - place.part) * fine + place.part * after)[:, here]
        return out


@dataclass(frozen=True)
class _Taps:
    """Counts that one evenly filled, shifted channel sends into its own, the next and the third
    channel (from there on the ratio is e^−x), with derivatives by x = Δ/τ."""

    w: tuple[float, float, float]
    by_x: tuple[float, float, float]


def _taps(x: float, part: float) -> _Taps:
    def by_x(v: float) -> float:
        return -math.expm1(-v * x) / x**2 - v * math.exp(-v * x) / x

    w0, w1, w2 = map(float, _shares(x, part))
    e1, e2 = by_x(1 - part), by_x(2 - part)
    gap = -math.expm1(-x)
    far = math.exp(-(1 - part) * x)
    w2x = far * (2 * gap * math.exp(-x) / x - gap * gap / x**2 - (1 - part) * gap * gap / x)
    return _Taps((w0, w1, w2), (e1, e2 - 2 * e1, w2x))


def _shares(x: Array | float, part: float) -> tuple[Array, Array, Array]:
    """What a channel's light of rates ``x`` sends into the three channels of :class:`_Taps`."""
    # E(v) = v − (1 − e^(−vx))/x is the twice integrated exponential; a box seen through a box is its
    # second difference.
    e1 = 1 - part + np.expm1((part - 1) * x) / x
    e2 = 2 - part + np.expm1((part - 2) * x) / x
    return e1, e2 - 2 * e1, np.exp((part - 1) * x) * np.expm1(-x) ** 2 / x
