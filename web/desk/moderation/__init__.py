"""Pages on which moderators work."""
