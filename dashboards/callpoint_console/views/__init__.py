"""Turns the situation of a site into what pages show: rows with texts in one language."""
