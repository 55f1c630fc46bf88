from headstart import catalog


def test_every_strategy_is_listed(headstart):
    ended = headstart("strategies")
    assert ended.code == 0
    assert all(name in ended.out for name in catalog.strategies.names())


def test_the_document(headstart):
    found = headstart("strategies", "--json").document
    assert [each["name"] for each in found] == list(catalog.strategies.names())
    assert all(each["summary"].endswith(".") for each in found)


def test_one_of_them_shows_its_settings(headstart):
    ended = headstart("strategies", "lora")
    assert ended.code == 0
    assert ended.out.startswith("lora: Low-rank changes")
    rows = {line.split()[0]: line for line in ended.out.splitlines()[2:] if line.strip()}
    assert {"rank", "alpha", "epochs", "mixup"} <= rows.keys()
    assert "a whole number from 1 on" in rows["rank"]
    found = headstart("strategies", "lora", "--json").document
    assert found["name"] == "lora"
    assert found["settings"][0] == {
        "name": "rank", "default": 8, "expected": "a whole number from 1 on", "says": "Rank of the changes at most."
    }  # fmt: skip


def test_an_unknown_one_is_a_users_mistake(headstart):
    ended = headstart("strategies", "lara")
    assert (ended.code, ended.err) == (2, "Error: Unknown strategy 'lara'. Did you mean 'lora'?\n")
