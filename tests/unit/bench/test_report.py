import json

from bench.support.report import Report, arguments, publish, table


def test_ratios_come_first_and_numbers_are_readable():
    report = Report("x", {"half": 0.5}, {"per_second": 12345.6}, {})
    assert table(report).splitlines() == [
        "bench.x",
        "half                 0.5",
        "per_second        12,346",
    ]


def test_the_file_holds_what_the_table_shows(tmp_path, capsys):
    path = tmp_path / "x.json"
    publish(Report("x", {"half": 0.5}, {}), path)
    written = json.loads(path.read_text())
    assert written["name"] == "x"
    assert written["ratios"] == {"half": 0.5}
    assert set(written) == {"name", "ratios", "figures", "machine"}
    assert written["machine"]["cores"] >= 1
    assert "half" in capsys.readouterr().out


def test_the_command_line_is_the_same_for_all(tmp_path):
    chosen = arguments("A benchmark.", ["--quick", "--json", str(tmp_path / "x.json")])
    assert chosen.quick
    assert chosen.json == tmp_path / "x.json"
    assert not arguments("A benchmark.", []).quick
