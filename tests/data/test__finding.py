from headstart.data._finding import Finding


def test_a_finding_comes_back_from_what_was_written_down():
    finding = Finding(
        digest="d",
        problem="it is odd",
        odd=("silent", "short_clip"),
        pixels="p",
        reduced="r",
        size=(3, 4),
        look=b"look",
        seconds=1.25,
        rate=8000,
    )
    assert Finding.recalled("d", finding.facts, b"look") == finding
    assert Finding.recalled("", Finding().facts, b"") == Finding()
