"""What the pages over all sites are rendered from: the district at one moment, and who reads it."""
