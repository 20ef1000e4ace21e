"""Which coordinate system unlabelled data is in, by where it would lie; pure."""
