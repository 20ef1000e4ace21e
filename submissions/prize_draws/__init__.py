"""Draws prizes among those who took part, so that everybody can check it; decides nothing else."""
