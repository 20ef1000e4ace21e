"""For whoever reads files: China's former coordinate systems, and how far off they may lie."""
