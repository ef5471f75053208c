"""Health: what must work for the service to work, asked often enough and told as it is."""
