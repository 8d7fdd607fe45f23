"""Where do events come from?"""
