"""Access control: permissions, scope, passwords, the client's IP address."""
