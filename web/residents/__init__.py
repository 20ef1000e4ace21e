"""Pages for residents; they work on a phone, on a slow line and without a script."""
