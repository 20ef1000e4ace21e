"""For the rooms that read very much at once: rows as text, two connections at one state."""
