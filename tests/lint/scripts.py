"""Shell scripts pass shellcheck, Python files compile."""

import os
import subprocess

import tree

SHELLCHECK = "/usr/bin/shellcheck"


def problems(root, _build):
    found = []
    shell = [path for path in tree.files(root) if _is_bash(os.path.join(root, path))]
    if shell:
        done = subprocess.run([SHELLCHECK, "--format=gcc", "--severity=warning", *shell], cwd=root,
                              capture_output=True, text=True, timeout=120)
        found += done.stdout.splitlines() + done.stderr.splitlines()
        found += [f"{path}: is not executable" for path in shell
                  if not os.access(os.path.join(root, path), os.X_OK)]
    for path in tree.files(root, ".py"):
        try:
            with open(os.path.join(root, path), "rb") as f:
                compile(f.read(), path, "exec")
        except SyntaxError as e:
            found.append(f"{path}:{e.lineno}: {e.msg}")
    return found


def _is_bash(path):
    with open(path, "rb") as f:
        return f.readline().rstrip() in (b"#!/usr/bin/env bash", b"#!/bin/bash", b"#!/bin/sh")
