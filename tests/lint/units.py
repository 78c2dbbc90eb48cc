"""systemd accepts every unit file without a remark, and finds the daemon's well locked up."""

import os
import shutil
import subprocess
import tempfile

import tree

SYSTEMD_ANALYZE = "/usr/bin/systemd-analyze"
# In tenths of systemd's own scale: 0 is a service that can do nothing, 100 one that can do
# everything. What is left at 31 is root itself, its network, and cgroups it may write.
WORST_EXPOSURE = 35


def problems(root, _build):
    units = tree.files(root, ".service", ".timer", ".socket", folders=["systemd"])
    if not units:
        return ["systemd/: holds no unit file"]
    found = []
    # `verify` looks for the program of ExecStart: a tree of our own has it without installing it.
    with tempfile.TemporaryDirectory() as installed:
        folder = os.path.join(installed, "etc/systemd/system")
        program = os.path.join(installed, "usr/bin/longshore")
        os.makedirs(folder)
        os.makedirs(os.path.dirname(program))
        with open(program, "w") as f:
            f.write("#!/bin/sh\n")
        os.chmod(program, 0o755)
        for name in ("sysinit", "basic", "shutdown", "multi-user", "network-online"):
            with open(os.path.join(folder, f"{name}.target"), "w") as f:
                f.write("[Unit]\nDefaultDependencies=no\n")
        for unit in units:
            copy = os.path.join(folder, os.path.basename(unit))
            shutil.copy(os.path.join(root, unit), copy)
            # It exits with 0 on an unknown key: only its silence is a pass.
            found += _run(unit, "verify", f"--root={installed}", "--man=no", copy)
            found += _run(unit, "security", "--offline=true", f"--threshold={WORST_EXPOSURE}",
                          "--no-pager", os.path.join(root, unit), quiet_when_passed=True)
    return found


def _run(unit, *arguments, quiet_when_passed=False):
    done = subprocess.run([SYSTEMD_ANALYZE, *arguments], capture_output=True, text=True, timeout=60)
    said = (done.stdout + done.stderr).strip().splitlines()
    if done.returncode == 0 and (quiet_when_passed or not said):
        return []
    return [f"{unit}: {line}" for line in said] or [f"{unit}: systemd-analyze ends with "
                                                   f"{done.returncode}"]
