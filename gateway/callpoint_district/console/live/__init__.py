"""What the pages over all sites are rendered from, and who reads it from the database."""
