"""Files that are brought in, in the words of whoever brings them."""
