"""Every text that people read, in Chinese and English. It imports only the protocol's names."""
