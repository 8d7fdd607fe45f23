"""What Klaviyo requires: identifiers, profiles, revenue, and the bodies of its calls."""
