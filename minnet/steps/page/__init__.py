"""The walk as a page that needs nothing else, and as what a notebook shows."""

from minnet.steps.page.document import fragment as fragment
from minnet.steps.page.document import page as page
