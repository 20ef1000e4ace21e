"""What a view of a campaign shows, in words: its layers, its filters, its verdicts."""
