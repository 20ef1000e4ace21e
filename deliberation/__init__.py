"""What comes of proposals: topics, official steps, replies, the timeline; no moderation."""
