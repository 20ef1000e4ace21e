"""Accounts of staff: making them, signing in, sessions, tokens; decides no permission."""
