"""The page of hooks, for those who make campaigns: other programs that are told of proposals."""
