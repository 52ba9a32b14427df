"""What the pages over all sites show, made of a snapshot."""
