"""What do our pages have in common? How they are written, and what they bring along.

The sandbox's page and `serve`'s are made on the server. `live.js` only asks for them again and
changes what is different; without it they are the same pages, and are loaded by hand.
"""
