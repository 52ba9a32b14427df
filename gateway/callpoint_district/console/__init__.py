"""The console of a district: the pages of all sites together, and those of each site."""
