"""Coordinate systems by their OGC addresses, and the order of axes that each of them states."""
