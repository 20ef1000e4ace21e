"""Pages on which staff bring in and keep layers and community borders."""
