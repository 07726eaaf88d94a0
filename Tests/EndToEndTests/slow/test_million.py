"""A sweep of a million uploads: how much memory it takes, and how long."""

import time

import pytest

from endless import Endless


@pytest.mark.parametrize("words", [[], ["--delete", "--abort-multipart"]])
def test_a_million_uploads_take_no_more_memory_than_ten_thousand(words):
    peaks = []
    for keys in (10_000, 1_000_000):
        with Endless(keys, stale=keys // 10) as store:
            start = time.monotonic()
            summary, peak = store.sweep(*words)
            print(f"\n{keys} uploads {' '.join(words)}: {peak} kB, {time.monotonic() - start:.1f} s")
        assert summary["clean"] and summary["examined"] == keys
        assert summary["aborted" if words else "stale"] == keys // 10
        peaks.append(peak)
    assert peaks[1] < 1.1 * peaks[0], peaks
