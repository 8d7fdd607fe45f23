"""The event, and the language of its mappings; nothing here knows Klaviyo."""
