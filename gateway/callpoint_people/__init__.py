"""Contacts, responders and duty rotas: people, kept apart from places and journals."""
