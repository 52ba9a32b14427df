"""Commands that make devices ready and ask them for something."""
