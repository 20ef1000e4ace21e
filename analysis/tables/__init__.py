"""What a selection comes to as tables: questions against each other, and whole pages at once."""
