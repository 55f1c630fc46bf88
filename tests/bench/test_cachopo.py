import io
import zipfile

from bench import _cachopo


def test_texts_are_those_of_one_part_each_once_with_their_quotes(tmp_path, monkeypatch):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for part in _cachopo.PARTS:
            lines = [f'sci.{n % 3}\t{part} message {n} with "one quote' for n in range(30)]
            table = "\n".join(["Category\tText", "d\tstring", "class\t", "", *lines, *lines[:5], ""])
            archive.writestr(f"orangecontrib/text/datasets/some-{part}.tab", table)

    def made(source, name, make, progress):
        with zipfile.ZipFile(content) as archive:
            make(archive, tmp_path / name)
        return tmp_path / name

    monkeypatch.setattr(_cachopo, "made", made)
    found = _cachopo.texts("some", "test")
    assert found == sorted((f'test message {n} with "one quote', f"sci.{n % 3}") for n in range(30))
