"""Is each event counted once, and only once?"""
