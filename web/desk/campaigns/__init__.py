"""Pages on which staff set up and run campaigns."""
