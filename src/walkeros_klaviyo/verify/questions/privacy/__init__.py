"""Does the person stay out of the properties of what happened?"""
