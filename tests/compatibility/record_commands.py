"""Makes the record of the command lines again, after a change on purpose: `python tests/record_commands.py`."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"SEMBLANCE_HOME": str(Path(folder, "home")), "HF_HUB_OFFLINE": "1", "HF_HOME": f"{folder}/hf"}
        from recorded import RECORD, answers

        world = Path(folder, "world")
        world.mkdir()
        RECORD.write_text(json.dumps(answers(world), indent=1) + "\n")
