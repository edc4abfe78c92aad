"""Ways of writing dates that differ from the framework's."""
