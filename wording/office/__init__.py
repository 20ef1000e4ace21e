"""The office in words: what pages, letters and sheets say of it, and its texts."""
