"""Commands about people: contacts, and who is on duty."""
