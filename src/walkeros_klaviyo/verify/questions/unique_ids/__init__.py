"""Is each event counted exactly once?"""
