"""The site plan: an estate's table of units becomes register, identities, keys, certificates."""
