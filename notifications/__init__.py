"""Letters to people: contacts, the outbox, its channels; knows no proposal and no words."""
