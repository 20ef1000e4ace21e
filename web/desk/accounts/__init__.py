"""Pages about accounts, signing in and the audit trail."""
