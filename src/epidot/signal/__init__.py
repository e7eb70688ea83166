"""One spectrum, trace or table, measured or simulated: the same class for both."""

from epidot.signal.signal import Signal

__all__ = ["Signal"]
