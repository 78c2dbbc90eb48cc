"""A small image from Debian's static busybox: every test's image, made without a registry."""

import io
import subprocess
import tarfile
import time

BUSYBOX = "/bin/busybox"


def busybox_tar():
    """The image's file system as tar bytes: /bin with all applets, /etc/passwd, /tmp."""
    names = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, timeout=10,
                           check=True).stdout.split()
    now = int(time.time())
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        def add(name, kind, mode, content=b"", link=""):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode, entry.mtime = kind, mode, now
            entry.size, entry.linkname = len(content), link
            tar.addfile(entry, io.BytesIO(content))

        for folder, mode in (("bin", 0o755), ("etc", 0o755), ("tmp", 0o1777)):
            add(folder, tarfile.DIRTYPE, mode)
        with open(BUSYBOX, "rb") as f:
            add("bin/busybox", tarfile.REGTYPE, 0o755, f.read())
        # The list holds "busybox" itself: a link of that name would replace the program.
        for name in names:
            if name != "busybox":
                add(f"bin/{name}", tarfile.SYMTYPE, 0o777, link="busybox")
        add("etc/passwd", tarfile.REGTYPE, 0o644, b"root:x:0:0:root:/root:/bin/sh\n")
    return buffer.getvalue()
