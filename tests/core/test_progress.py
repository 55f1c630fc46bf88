from headstart.core.progress import Silent


def test_silence_listens_to_everything_and_says_nothing(capsys):
    listener = Silent()
    listener.say("One file was left out.")
    with listener.stage("Features", total=3) as outer, listener.stage("Fold") as inner:
        outer.advance()
        inner.advance(2)
    assert capsys.readouterr() == ("", "")
