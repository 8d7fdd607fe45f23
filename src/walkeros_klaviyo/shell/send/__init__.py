"""How does it get to Klaviyo?"""
