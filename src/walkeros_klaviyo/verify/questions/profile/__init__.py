"""Which traits are sent about a person, and does Klaviyo accept them?"""
