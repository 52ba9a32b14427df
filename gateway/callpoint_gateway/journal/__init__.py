"""The journals: entries on disk, how they are read, and how they survive damage and loss."""
