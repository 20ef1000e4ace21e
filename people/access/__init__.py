"""Decides who acts and what they may do, and how often; keeps no account."""
