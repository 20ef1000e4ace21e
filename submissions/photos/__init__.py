"""Photos as files: cleaned, hashed, stored; knows no proposal."""
