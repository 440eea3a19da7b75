"""Is this jet unlike the others, and how would I know?"""
