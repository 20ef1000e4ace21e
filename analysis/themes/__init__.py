"""What proposals are about: a taxonomy, rules and a classifier that read it, labels, keywords."""
