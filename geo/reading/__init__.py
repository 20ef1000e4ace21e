"""Reads files that people bring, in a process of its own; may know nothing but geo and errors."""
