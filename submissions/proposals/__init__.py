"""What a proposal is: states, versions, who sees it, finding it; nothing that residents do."""
