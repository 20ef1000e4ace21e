"""The audit trail: written, sealed and read here; nothing in it is ever changed."""
