"""What moderators do: queue, cases, changes and their undoing; nothing that residents do."""
