"""What people say by theme: shares, places, words, copies, and the correction of readings."""
