"""What residents put in: campaigns, proposals, taking part; no analysis and no moderation."""
