"""Who has been silent for too long, what is at fault, what is being worked on."""
