"""Reasons about places: arrays and frames in, the same out; no database, no words, no HTTP."""
