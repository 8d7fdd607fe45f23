"""How are values displayed in notebooks (as HTML) and in terminals (as a tree)?"""

from .displayed import Displayed as Displayed
from .view import View as View
