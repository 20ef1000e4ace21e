"""What residents do: file, edit, support, comment, follow, report; no moderation."""
