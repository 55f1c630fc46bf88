from headstart.cli._running import warn
from headstart.core.dataset import Issue
from tests.listening import Listener


def test_what_is_wrong_with_the_data_is_said_before_the_work():
    kinds = ("note", "warning", "warning", "error", "warning", "warning")
    issues = [Issue(code="c", severity=kind, message=f"Finding {n}.") for n, kind in enumerate(kinds)]
    told = Listener()
    warn(issues, told)
    assert told.said == [
        *(f"{'Error' if n == 3 else 'Warning'}: Finding {n}." for n in (1, 2, 3, 4)),
        "And 1 more finding; 'headstart check' lists them.",
    ]
    warn(issues[:1], told)
    assert len(told.said) == 5
