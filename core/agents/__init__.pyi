from .server import make_server as make_server
from .tools import LibraryTools as LibraryTools
