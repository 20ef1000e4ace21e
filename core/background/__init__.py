"""For the rooms that have work done beside requests: rows of work that one process holds."""
