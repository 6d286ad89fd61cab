"""The forms of projects, schemes and supervision."""
