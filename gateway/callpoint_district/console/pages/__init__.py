"""The pages over all sites: handlers and routes."""
