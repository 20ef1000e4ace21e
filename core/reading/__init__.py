"""For the rooms that read very much at once: rows as text. No SQL of a room of its own."""
