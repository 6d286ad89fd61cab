"""Makes the sample data: `python -m tools.sample` writes fixtures/*.json anew, always the same bytes.

Real rows: the areas of fixtures/areas.csv and what the source article names. Everything else is made up, believable and
marked `illustrative`; a real row whose date or attribute the article does not give says so in its remark. No person's
name, telephone or number is real.
"""
