"""Where do events come from, and how are they read?"""
