"""A company's own rows, streamed as CSV, Parquet or JSON in constant memory, and never stored.

An export is a row that says what was asked for; its data are read when its link is fetched. So nothing that retention
or erasure would have to find is lying anywhere (docs/decisions/0070-exports-are-streamed.md).
"""
