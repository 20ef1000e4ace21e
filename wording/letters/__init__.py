"""Letters and short messages in the reader's language; nothing is sent here."""
