"""Who acts, and what they may do; knows no proposal and no map."""
