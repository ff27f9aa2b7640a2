from .calls import run_isolated as run_isolated
from .calls import stream_isolated as stream_isolated
from .pool import acquire as acquire
from .pool import release as release
from .process import NoReply as NoReply
from .process import Process as Process
from .process import ProcessEnded as ProcessEnded
