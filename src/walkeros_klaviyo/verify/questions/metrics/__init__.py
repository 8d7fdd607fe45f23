"""Are the metrics' names those that Klaviyo knows?"""
