"""What keeps strangers out of the pages: who may see which, from where, and what answers carry."""
