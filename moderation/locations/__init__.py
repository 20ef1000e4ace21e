"""Proposals that seem to be in the wrong place: found, listed, settled."""
