"""What do our web pages share? How they are rendered, and their assets.

The pages of the sandbox and of `serve` are rendered on the server. `live.js` only fetches them
again and updates what has changed; without it they are the same pages, reloaded by hand.
"""
