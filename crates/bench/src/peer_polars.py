"""Another tool that a person would reach for: Polars, from JSON Lines to Parquet with the sessions.

Prints the figures of the import as one line of JSON. Sessions are cut by 30 min per user.
"""

import json
import os
import resource
import sys
import time

import polars as pl

TEXTS = ["event_id", "name", "user_id", "device_id", "timestamp", "received_at", "properties", "context"]


def imported(folder, events):
    """A folder with two files: events by user and time, sessions."""
    times = pl.col("timestamp", "received_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ")
    lines = pl.scan_ndjson(events, schema=dict.fromkeys(TEXTS, pl.String))
    stored = lines.with_columns(times).sort("user_id", "timestamp").collect()
    os.makedirs(folder, exist_ok=True)
    stored.write_parquet(f"{folder}/events.parquet", compression="zstd")
    gap = pl.col("timestamp").diff().over("user_id")
    is_first = (gap >= pl.duration(minutes=30)).fill_null(True)
    sessions = (
        stored.lazy()
        .select("user_id", "timestamp", is_first.cum_sum().over("user_id").alias("number"))
        .group_by("user_id", "number")
        .agg(
            pl.col("timestamp").min().alias("started_at"),
            pl.col("timestamp").max().alias("ended_at"),
            pl.len().alias("event_count"),
        )
        .collect()
    )
    sessions.write_parquet(f"{folder}/sessions.parquet", compression="zstd")
    return {"sessions": sessions.height}


def main():
    folder, events = sys.argv[1:]
    began = time.perf_counter()
    figures = imported(folder, events)
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures["wall_s"] = time.perf_counter() - began
    figures["cpu_s"] = used.ru_utime + used.ru_stime
    figures["peak_mb"] = used.ru_maxrss * 1024 / 1e6
    print(json.dumps(figures))


main()
