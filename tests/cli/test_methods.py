from headstart import catalog


def test_every_method_is_listed(headstart):
    ended = headstart("methods")
    assert ended.code == 0
    assert all(name in ended.out for name in catalog.domains.names())
    found = headstart("methods", "--json").document
    assert [each["name"] for each in found] == list(catalog.domains.names())
    assert all(each["summary"].endswith(".") for each in found)


def test_one_of_them_shows_its_settings(headstart):
    ended = headstart("methods", "mcc")
    assert ended.code == 0
    assert ended.out.startswith("mcc: ")
    rows = {line.split()[0]: line for line in ended.out.splitlines()[2:] if line.strip()}
    assert "a number from 0.1 to 100" in rows["temperature"]
    found = headstart("methods", "mcc", "--json").document
    assert (found["name"], "temperature" in [each["name"] for each in found["settings"]]) == ("mcc", True)
    assert headstart("methods", "coral").out.endswith("It has no settings.\n")


def test_an_unknown_one_is_a_users_mistake(headstart):
    ended = headstart("methods", "koral")
    assert (ended.code, ended.err) == (2, "Error: Unknown domain method 'koral'. Did you mean 'coral'?\n")
