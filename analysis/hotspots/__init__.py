"""Hotspots of what a selection chooses, and which of them are listed. No selections, no HTTP."""
