"""What is Klaviyo told of a person, and does it take it?"""
