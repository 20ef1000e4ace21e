"""What differs between two selections: periods, campaigns or ways to find hotspots. No HTTP."""
