"""What the REST layer offers of judging."""
