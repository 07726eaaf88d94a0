"""The demos, as somebody new would run them, up to the sample upload."""

import re
import subprocess
from pathlib import Path

import pytest

from servers import REPOSITORY


@pytest.mark.parametrize("server", ["nginx", "apache"])
def test_demo(server):
    before = set(Path("/tmp").glob("countersign-demo.*"))
    demo = subprocess.run([REPOSITORY / server / "demo.sh", "--once"], capture_output=True, text=True, timeout=600)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    key = re.search(r'"key":"(.+?)"', demo.stdout[demo.stdout.index("file_uploaded"):])[1]
    assert '"success":true' in demo.stdout
    assert f" bytes  storage/{key}\n" in demo.stdout
    assert f"storage/{key}: the same" in demo.stdout
    assert set(Path("/tmp").glob("countersign-demo.*")) <= before
