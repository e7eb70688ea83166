"""epidot: from a quantum-dot recipe to light, and from a measured file to a number."""

from __future__ import annotations

__version__ = "0.1.0"
