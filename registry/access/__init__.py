"""Who may see and do what: permissions, scope, passwords, the client's address."""
