"""The agent's database as it is on disk."""

import os
import shutil
import sqlite3
import tempfile


class AgentDatabase:
    """Read from a copy: opening the file itself would repair or check it in the agent's place.

    `tasks` is their number, `reports` are the numbers of those not recorded as taken. `readable` is
    false while the database is half made, or when it was written during the copy.
    """

    def __init__(self, data_directory):
        self.tasks, self.reports, self.readable = 0, [], False
        with tempfile.TemporaryDirectory() as folder:
            for name in ("longshore.db", "longshore.db-wal"):
                try:
                    shutil.copy(os.path.join(data_directory, name), folder)
                except FileNotFoundError:
                    continue
            database = sqlite3.connect(os.path.join(folder, "longshore.db"))
            try:
                self.reports = [row[0] for row in database.execute("SELECT id FROM report")]
                ((self.tasks,),) = database.execute("SELECT count(*) FROM task")
                self.readable = True
            except sqlite3.Error:
                pass
            finally:
                database.close()
