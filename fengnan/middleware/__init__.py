"""What every request passes: content security policy, bad input, sessions, refused attempts."""
