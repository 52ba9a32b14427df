"""Every text of the console's pages, in Chinese and English."""
