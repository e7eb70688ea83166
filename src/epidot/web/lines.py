"""A signal as a line on the page."""

from __future__ import annotations

from typing import Any

from epidot.signal import Signal

MOST_POINTS = 8000  # of a line on the page; the numbers come from all of them


def line(signal: Signal) -> dict[str, Any]:
    """A curve of not more points than a page can show: every so many-th of them."""
    step = max(1, -(-len(signal.x) // MOST_POINTS))
    return {
        "x": signal.x[::step].tolist(),
        "y": signal.y[::step].tolist(),
        "x_name": signal.x_name,
        "x_unit": signal.x_unit,
        "y_name": signal.y_name,
        "y_unit": signal.y_unit,
        "kind": signal.kind,
    }
