"""What leaves of a selection as typed frames with the dictionary's columns; no file, no address."""
