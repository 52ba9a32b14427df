"""The action plans that a site has written itself, from its console to its district."""
