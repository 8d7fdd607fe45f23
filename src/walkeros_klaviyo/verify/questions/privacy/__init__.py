"""Does personal data stay out of event properties?"""
