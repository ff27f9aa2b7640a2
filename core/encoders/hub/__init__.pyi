from .encoder import HubEncoder as HubEncoder
from .files import is_on_disk as is_on_disk
