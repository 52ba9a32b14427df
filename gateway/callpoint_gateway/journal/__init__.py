"""The only truth: entries on disk, who reads them, and how they survive."""
