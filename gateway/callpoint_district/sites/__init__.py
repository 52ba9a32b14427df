"""What a district knows of each site, and what it asks it."""
