from .encoder import HubEncoder as HubEncoder
from .files import is_cached as is_cached
