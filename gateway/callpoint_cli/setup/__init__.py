"""Sets a machine up as a site's gateway, and changes its version."""
