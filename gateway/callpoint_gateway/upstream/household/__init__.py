"""Passes questions about a household on to the site's console."""
