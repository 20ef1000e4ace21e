"""What the commands on files share: inputs read, lines said; for ``python -m geo`` alone."""
