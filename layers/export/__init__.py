"""Writes layers for others to open, and says what each column means; decides no permission."""
