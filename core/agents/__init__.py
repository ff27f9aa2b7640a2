"""A library for agents: tools of the Model Context Protocol, which read and change nothing."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
