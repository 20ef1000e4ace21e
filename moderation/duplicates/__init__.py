"""Proposals that say the same: found, grouped, merged or set apart."""
