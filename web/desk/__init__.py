"""Pages for staff; what they may do is decided in the rooms that do it."""
