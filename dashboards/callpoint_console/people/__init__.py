"""People on the pages: who is responsible, who lives there, who is told, and their records."""
