"""Does Klaviyo know the metrics by their names?"""
