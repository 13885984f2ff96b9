"""What a person would run instead of Dwell: DuckDB, with the sessions as window functions.

Prints the figures of one piece of work as one line of JSON. Sessions are cut by 30 min per user.
"""

import json
import os
import resource
import statistics
import sys
import time

import duckdb

COLUMNS = """{event_id: 'UUID', name: 'VARCHAR', user_id: 'VARCHAR', device_id: 'UUID',
    timestamp: 'TIMESTAMP', received_at: 'TIMESTAMP', properties: 'JSON', context: 'JSON'}"""


def lines_of(file):
    return f"read_json('{file}', format = 'newline_delimited', columns = {COLUMNS})"


def sessions_by(minutes, of="true"):
    return f"""
        WITH marked AS (
            SELECT user_id, timestamp,
                coalesce(timestamp - lag(timestamp) OVER of_user >= INTERVAL {minutes} MINUTE, true)
                    AS is_first
            FROM events WHERE {of}
            WINDOW of_user AS (PARTITION BY user_id ORDER BY timestamp)
        ), numbered AS (
            SELECT user_id, timestamp, sum(is_first::INTEGER) OVER (
                PARTITION BY user_id ORDER BY timestamp ROWS UNBOUNDED PRECEDING) AS number
            FROM marked
        )
        SELECT user_id, number, min(timestamp) AS started_at, max(timestamp) AS ended_at,
            count(*) AS event_count
        FROM numbered GROUP BY user_id, number"""


def timed(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def imported(db, events, once=False):
    """With `once`, the copy of each event that arrived first, as Dwell keeps it; else every line."""
    taken = "DISTINCT ON (event_id) * FROM {} ORDER BY received_at" if once else "* FROM {}"
    db.execute(f"CREATE TABLE events AS SELECT {taken.format(lines_of(events))}")
    db.execute(f"CREATE TABLE sessions AS {sessions_by(30)}")
    db.execute("CHECKPOINT")
    return {"sessions": db.execute("SELECT count(*) FROM sessions").fetchone()[0]}


def imported_once(db, events):
    return imported(db, events, once=True)


def tried(db):
    def count(minutes):
        db.execute(f"SELECT count(*), median(ended_at - started_at) FROM ({sessions_by(minutes)})")
        db.fetchall()

    first = timed(lambda: count(10))
    warm = [timed(lambda: count(minutes)) for minutes in (15, 20, 40)]
    return {"first_s": first, "warm_s": statistics.median(warm)}


def rebuilt(db):
    def build():
        db.execute(f"CREATE OR REPLACE TABLE sessions AS {sessions_by(15)}")
        db.execute("CHECKPOINT")

    return {"seconds": timed(build)}


def take_in(db, file):
    touched = "user_id IN (SELECT user_id FROM batch)"
    db.execute("BEGIN")
    db.execute(f"CREATE OR REPLACE TEMP TABLE batch AS SELECT * FROM {lines_of(file)}")
    db.execute("INSERT INTO events SELECT * FROM batch")
    db.execute(f"DELETE FROM sessions WHERE {touched}")
    db.execute(f"INSERT INTO sessions {sessions_by(15, touched)}")
    db.execute("COMMIT")


def late(db, file):
    return {"seconds": timed(lambda: take_in(db, file))}


def live(db, file):
    with open(file, encoding="utf-8") as opened:
        lines = opened.readlines()
    seconds = []
    for begin in range(0, len(lines), 500):
        batch = f"{file}.batch"
        with open(batch, "w", encoding="utf-8") as to:
            to.writelines(lines[begin:begin + 500])
        seconds.append(timed(lambda: take_in(db, batch)))
        os.remove(batch)
    return {"batch_s": statistics.median(seconds)}


def timelines(db, *users):
    def ask(user):
        query = "SELECT * FROM sessions WHERE user_id = ? ORDER BY started_at"
        db.execute(query, [user]).fetchall()

    def warm(users):
        for user in users:
            ask(user)
        return statistics.median(timed(lambda: ask(user)) for user in users for _ in range(5))

    return {"busiest_s": warm(users[:1]), "usual_s": warm(users[1:11])}


def main():
    work, file, *arguments = sys.argv[1:]
    began = time.perf_counter()
    db = duckdb.connect(file)
    db.execute("SET enable_progress_bar = false")
    works = {"import": imported, "import-once": imported_once, "what-if": tried, "rebuild": rebuilt, "late": late, "live": live,
        "timeline": timelines}
    figures = works[work](db, *arguments)
    db.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures["wall_s"] = time.perf_counter() - began
    figures["cpu_s"] = used.ru_utime + used.ru_stime
    figures["peak_mb"] = used.ru_maxrss * 1024 / 1e6
    print(json.dumps(figures))


main()
