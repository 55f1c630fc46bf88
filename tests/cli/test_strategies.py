from headstart import catalog


def test_every_strategy_is_listed(headstart):
    ended = headstart("strategies")
    assert ended.code == 0
    assert all(name in ended.out for name in catalog.strategies.names())


def test_the_document(headstart):
    found = headstart("strategies", "--json").document
    assert [each["name"] for each in found] == list(catalog.strategies.names())
    assert all(each["summary"].endswith(".") for each in found)
