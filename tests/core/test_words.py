from headstart.core.words import counted


def test_counts_come_with_their_noun():
    assert counted(1, "image") == "1 image"
    assert counted(0, "image") == "0 images"
    assert counted(1200, "image") == "1,200 images"
    assert counted(2, "class", "classes") == "2 classes"
