"""What stands in files that people take away, and what they are called, in their language."""
