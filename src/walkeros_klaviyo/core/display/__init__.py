"""How does a value show itself: in a notebook as HTML, in a terminal as a tree?"""

from .displayed import Displayed as Displayed
from .view import View as View
