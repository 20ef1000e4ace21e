"""Words of packs for design firms: terms, files, states, layers."""
