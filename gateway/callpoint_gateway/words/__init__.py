"""Every word that people read, in Chinese and English. Knows the protocol's numbers only."""
