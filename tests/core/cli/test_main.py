"""The command line as scripts rely on it: keys of the JSON, exit codes, one line for an error."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import run
from fakes import COLORS, ColorEncoder
from media import write_video
from PIL import Image

import core.cli.options
from core.classify.heads import head_bytes, save_head
from core.classify.training import fit_classes
from core.cli.main import main
from core.library import Library

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: ColorEncoder())


def test_index_then_search(capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path) -> None:
    (photos / "broken.jpg").write_text("words")
    report = run(capsys, "index", photos, "--library", tmp_path / "library")
    expected = {
        "added",
        "updated",
        "renamed",
        "unchanged",
        "missing",
        "failed",
        "items",
        "vectors",
        "seconds",
        "encoder",
        "video_seconds",
    }
    assert expected <= set(report)
    assert (report["added"], report["items"], report["vectors"], report["encoder"]) == (8, 8, 8, "colour")
    assert [failure["path"] for failure in report["failed"]] == [str(photos / "broken.jpg")]
    assert report["failed"][0]["reason"]

    found = run(capsys, "search", "red", "--library", tmp_path / "library", "--all", "--top", "3")
    assert set(found) == {"hits", "cutoff", "judged"} and len(found["hits"]) == 3
    assert set(found["hits"][0]) == {"path", "kind", "score", "relevance", "likely"}
    assert found["hits"][0]["path"] == str(photos / "red.png") and found["hits"][0]["likely"] is True
    likely = run(capsys, "search", "red", "--library", tmp_path / "library")
    assert len(likely["hits"]) == likely["cutoff"] and all(hit["likely"] for hit in likely["hits"])


def test_search_by_picture_and_by_one_string(capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path) -> None:
    run(capsys, "index", photos, "--library", tmp_path / "library")
    blue = photos / "more" / "green.png"
    for query in (["--image", blue], [f"2:{blue} - red"]):
        found = run(capsys, "search", *query, "--library", tmp_path / "library", "--all")
        assert found["hits"][0]["path"] == str(blue)


def test_terms_are_combined_as_asked(capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path) -> None:
    run(capsys, "index", photos, "--library", tmp_path / "library")
    asked = ("search", "yellow - 2:red", "--library", tmp_path / "library", "--all")
    default, joint, by_sum = (run(capsys, *asked, *way) for way in ([], ["--combine", "joint"], ["--combine", "sum"]))
    assert default == joint and [hit["score"] for hit in joint["hits"]] != [hit["score"] for hit in by_sum["hits"]]


def test_people_see_the_line(capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path) -> None:
    run(capsys, "index", photos, "--library", tmp_path / "library")
    main(["search", "green", "--library", str(tmp_path / "library"), "--all"])
    out = capsys.readouterr().out
    assert "less certain from here" in out and out.index("green.png") < out.index("less certain from here")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["index", "/nowhere/at/all", "--library", "LIB"], "no file or folder"),
        (["search", "red", "--library", "/nowhere/at/all"], "no library"),
        (["search", "--library", "LIB"], "empty"),
        (["search", "red + ", "--library", "LIB"], "term is missing"),
        (["search", "nowhere.png", "--library", "LIB"], "no picture"),
        (["eval", "zeroshot", "--images", ".", "--labels", "/nowhere.csv"], "cannot be read"),
        (["eval", "retrieval", "--images", ".", "--captions", "CSV"], "no column caption"),
    ],
)
def test_a_users_error_is_one_line_and_exit_code_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str], library: Library, tmp_path: Path
) -> None:
    (tmp_path / "table.csv").write_text("image,label\na.png,red\n")
    places = {"LIB": str(library.path), "CSV": str(tmp_path / "table.csv")}
    code = main([*[places.get(argument, argument) for argument in arguments], "--json", "--quiet"])
    captured = capsys.readouterr()
    assert code == 2 and captured.out == ""
    assert captured.err.count("\n") == 1 and says in captured.err


def test_a_library_without_this_encoder(
    capsys: pytest.CaptureFixture[str], library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: ColorEncoder("colour-2"))
    assert main(["search", "red", "--library", str(library.path)]) == 2
    assert "python -m core index" in capsys.readouterr().err


def test_eval_retrieval_and_zeroshot(capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path) -> None:
    paths = sorted(photos.rglob("*.png"))
    (photos / "broken.png").write_text("words")
    for column, file in (("caption", "captions.csv"), ("label", "labels.csv")):
        with (tmp_path / file).open("w", newline="") as target:
            writer = csv.writer(target)
            writer.writerow(["image", column])
            writer.writerows([[str(path.relative_to(photos)), path.stem] for path in paths])
            writer.writerow(["broken.png", "red"])
    figures = run(capsys, "eval", "retrieval", "--images", photos, "--captions", tmp_path / "captions.csv")
    assert (figures["pool"], figures["queries"]) == (8, 8)
    assert figures["t2i"]["r1"] == figures["i2t"]["r1"] == 1.0 and figures["images_per_s"] > 0
    assert [name for name, _ in figures["skipped"]] == ["broken.png"]
    figures = run(capsys, "eval", "zeroshot", "--images", photos, "--labels", tmp_path / "labels.csv")
    assert (figures["classes"], figures["images"], figures["top1"], figures["top5"]) == (8, 8, 1.0, 1.0)


def test_wrong_captions_score_low(capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path) -> None:
    shifted = sorted(photos.rglob("*.png"))
    with (tmp_path / "labels.csv").open("w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["image", "label"])
        pairs = zip(shifted, [*shifted[1:], shifted[0]], strict=True)
        writer.writerows([[str(path.relative_to(photos)), other.stem] for path, other in pairs])
    figures = run(capsys, "eval", "zeroshot", "--images", photos, "--labels", tmp_path / "labels.csv")
    assert figures["top1"] == 0.0


def test_as_a_program() -> None:
    """Help is help; a wrong option is one line and exit code 2."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    helped = subprocess.run(
        [sys.executable, "-m", "core", "--help"], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert helped.returncode == 0 and "search" in helped.stdout
    wrong = subprocess.run(
        [sys.executable, "-m", "core", "search", "--nonsense"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    assert wrong.returncode == 2 and wrong.stdout == "" and wrong.stderr.count("\n") == 1


def test_names_in_a_table_may_be_written_in_any_way(
    capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path
) -> None:
    """Each name is its own row, also where two mean one file or one lies outside the folder."""
    pairs = [("red.png", "red"), ("./red.png", "red"), ("more/green.png", "green"), (str(photos / "blue.png"), "blue")]
    with (tmp_path / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["image", "label"], *pairs])
    figures = run(capsys, "eval", "zeroshot", "--images", photos, "--labels", tmp_path / "labels.csv")
    assert (figures["images"], figures["top1"]) == (4, 1.0)


def test_search_in_an_empty_library_finds_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    Library(tmp_path / "library", create=True)
    assert run(capsys, "search", "red", "--library", tmp_path / "library") == {"hits": [], "cutoff": 0, "judged": True}


def test_a_mistyped_path_leaves_no_library_behind(tmp_path: Path) -> None:
    assert main(["index", str(tmp_path / "nowhere"), "--library", str(tmp_path / "library")]) == 2
    assert not (tmp_path / "library").exists()


# videos


@pytest.fixture
def both(photos: Path) -> Path:
    """The photos with two videos among them: red from 3 to 6 s of one, from 0 to 2 s of the other."""
    write_video(photos / "late.mp4", ("blue", "red", "green"), seconds_each=3.0, size=(64, 48))
    write_video(photos / "more" / "early.mp4", (("red", 2.0), ("white", 6.0)), size=(64, 48))
    return photos


def test_videos_are_indexed_as_asked(capsys: pytest.CaptureFixture[str], both: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    report = run(capsys, "index", both, "--library", library)
    assert (report["items"], report["added"]) == (10, 10) and report["video_seconds"] == pytest.approx(17, abs=0.5)
    assert report["vectors"] == 8 + 3 + 2  # runs of like frames are one vector
    again = run(capsys, "index", both, "--library", library)
    assert (again["unchanged"], again["video_seconds"]) == (10, 0.0)
    finer = run(capsys, "index", both, "--library", library, "--fps", "4", "--sample", "rate")
    assert finer["video_seconds"] == pytest.approx(17, abs=0.5) and finer["embedded"] == pytest.approx(68, abs=2)


def test_search_for_moments(capsys: pytest.CaptureFixture[str], both: Path, tmp_path: Path) -> None:
    run(capsys, "index", both, "--library", tmp_path / "library")
    found = run(capsys, "search", "red", "--library", tmp_path / "library", "--kind", "video", "--all")
    first, second = found["hits"][:2]
    assert set(first) == {
        "path", "kind", "score", "relevance", "likely", "start_s", "end_s", "peak_s", "video_rank"
    }  # fmt: skip
    ranges = {Path(hit["path"]).name: (hit["start_s"], hit["end_s"]) for hit in (first, second)}
    assert ranges["late.mp4"] == pytest.approx((3, 6), abs=0.5)
    assert ranges["early.mp4"] == pytest.approx((0, 2), abs=0.5)
    assert all(hit["start_s"] <= hit["peak_s"] <= hit["end_s"] and hit["kind"] == "video" for hit in found["hits"])
    assert {first["video_rank"], second["video_rank"]} == {1, 2}
    likely = [hit["likely"] for hit in found["hits"]]
    assert likely == sorted(likely, reverse=True) and found["cutoff"] == sum(likely) >= 2
    one = run(capsys, "search", "red", "--library", tmp_path / "library", "--kind", "video", "--top", "1")
    assert [hit["path"] for hit in one["hits"]] == [first["path"]]


def test_search_for_items_of_both_kinds(capsys: pytest.CaptureFixture[str], both: Path, tmp_path: Path) -> None:
    run(capsys, "index", both, "--library", tmp_path / "library")
    search = ["search", "green", "--library", tmp_path / "library", "--all", "--duplicates"]
    hits = {Path(hit["path"]).name: hit for hit in run(capsys, *search)["hits"]}
    assert len(hits) == 10 and set(hits["green.png"]) == {"path", "kind", "score", "relevance", "likely"}
    moment = hits["late.mp4"]
    assert (moment["kind"], moment["start_s"], moment["end_s"]) == ("video", 6.0, pytest.approx(9, abs=0.5))
    pictures = run(capsys, *search, "--kind", "image")["hits"]
    assert len(pictures) == 8 and {hit["kind"] for hit in pictures} == {"image"}


def test_the_pooling_ranks_the_videos(capsys: pytest.CaptureFixture[str], both: Path, tmp_path: Path) -> None:
    run(capsys, "index", both, "--library", tmp_path / "library")
    write_video(tmp_path / "query.mp4", ("red",), seconds_each=2.0, size=(64, 48))
    for query in (["red"], ["--clip", tmp_path / "query.mp4"], ["--image", both / "red.png"]):
        search = ["search", *query, "--library", tmp_path / "library", "--kind", "video", "--all", "--pool", "mean"]
        ranks = {Path(hit["path"]).name: hit["video_rank"] for hit in run(capsys, *search)["hits"]}
        assert ranks == {"late.mp4": 1, "early.mp4": 2}  # more of it is red


@pytest.mark.slow
def test_which_video_holds_a_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from core.library.samples.sources import sample_sources  # colours alone are no picture that pixels could tell

    sources, folder = sample_sources(), tmp_path / "videos"
    folder.mkdir()
    coffee, rocket, motorcycle = (
        Image.open(sources[name]).convert("RGB") for name in ("coffee.png", "rocket.jpg", "motorcycle.png")
    )
    write_video(folder / "all.mp4", (coffee, rocket, motorcycle), seconds_each=3.0, size=(480, 320))
    write_video(folder / "other.mp4", (motorcycle,), seconds_each=3.0, size=(480, 320))
    run(capsys, "index", folder, "--library", tmp_path / "library")
    hits = run(capsys, "locate", sources["rocket.jpg"], "--library", tmp_path / "library")["hits"]
    assert [Path(hit["path"]).name for hit in hits] == ["all.mp4"] and set(hits[0]) == {
        "path", "time_s", "likeness", "whole"
    }  # fmt: skip
    assert 3 <= hits[0]["time_s"] <= 6 and hits[0]["likeness"] > 0.9
    assert run(capsys, "locate", sources["page.png"], "--library", tmp_path / "library") == {"hits": []}
    main(["locate", str(sources["rocket.jpg"]), "--library", str(tmp_path / "library"), "--quiet"])
    assert "all.mp4" in capsys.readouterr().out


def test_people_see_the_seconds(capsys: pytest.CaptureFixture[str], both: Path, tmp_path: Path) -> None:
    run(capsys, "index", both, "--library", tmp_path / "library")
    main(["search", "red", "--library", str(tmp_path / "library"), "--kind", "video"])
    out = capsys.readouterr().out
    assert "late.mp4  0:03-0:06 (best at 0:0" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["index", "PHOTOS", "--library", "LIB", "--fps", "0"], "frames per second"),
        (["search", "--clip", "/nowhere.mp4", "--library", "LIB"], "cannot be used"),
        (["locate", "/nowhere.jpg", "--library", "LIB"], "not there"),
        (["bench", "video", "--videos", "PHOTOS"], "no videos"),
        (["eval", "video", "--videos", "PHOTOS", "--captions", "CSV"], "no column caption, video"),
    ],
)
def test_errors_about_videos_say_what_to_do(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str], library: Library, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "table.csv").write_text("image,label\na.png,red\n")
    places = {"LIB": str(library.path), "PHOTOS": str(photos), "CSV": str(tmp_path / "table.csv")}
    code = main([*[places.get(argument, argument) for argument in arguments], "--json", "--quiet"])
    captured = capsys.readouterr()
    assert code == 2 and captured.out == "" and captured.err.count("\n") == 1 and says in captured.err


def test_eval_and_bench_of_videos(capsys: pytest.CaptureFixture[str], both: Path, tmp_path: Path) -> None:
    table = tmp_path / "captions.csv"
    table.write_text("video,caption\nlate.mp4,blue\nmore/early.mp4,white\n")
    figures = run(capsys, "eval", "video", "--videos", both, "--captions", table, "--fps", "1", "--pool", "top")
    assert (figures["pool"], figures["queries"], figures["pooling"], figures["r1"]) == (2, 2, "top", 1.0)
    assert {"r5", "r10", "seconds_of_video_per_s", "encoder", "skipped"} <= set(figures)
    figures = run(capsys, "bench", "video", "--videos", both)
    assert figures["videos"] == 2 and figures["video_seconds"] == pytest.approx(17, abs=0.5)
    steps = {"decode", "encode", "files_to_vectors", "files_to_library"}
    assert set(figures["seconds_of_video_per_s"]) == set(figures["ratio_to_encode"]) == steps
    assert all(rate > 0 for rate in figures["seconds_of_video_per_s"].values())


# classes


def test_classify_files(capsys: pytest.CaptureFixture[str], both: Path, tmp_path: Path) -> None:
    (both / "broken.jpg").write_text("words")
    files = [both / "red.png", both / "late.mp4", both / "broken.jpg", both / "more" / "green.png"]
    found = run(capsys, "classify", *files, "--labels", "red, green")
    first = found["results"][0]
    assert set(first) == {"path", "label", "probability", "fits", "all"} and set(first["all"]) == {"red", "green"}
    assert (first["path"], first["label"]) == (str(both / "red.png"), "red")
    assert first["probability"] == first["all"]["red"] > 0.9 and 0 <= first["fits"] <= 1
    assert [result["path"] for result in found["results"]] == [str(files[0]), str(files[1]), str(files[3])]
    assert [failure["path"] for failure in found["failed"]] == [str(files[2])] and found["failed"][0]["reason"]
    (tmp_path / "classes.csv").write_text("name\nwarm,red,orange\ncold,blue\n")
    found = run(capsys, "classify", both, "--labels-file", tmp_path / "classes.csv", "--threshold", "0")
    labels = {Path(result["path"]).name: result["label"] for result in found["results"]}
    assert len(labels) == 10 and (labels["orange.png"], labels["blue.png"]) == ("warm", "cold")
    strict = run(capsys, "classify", both / "red.png", "--labels", "red", "--threshold", "1")
    assert strict["results"][0]["label"] == "none of these"


def test_classify_texts(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", ["the blue hour\n", "\n", "a red day\n"])
    found = run(capsys, "classify", "--text", "green", "-", "--labels", "red,green,blue")
    assert [(result["text"], result["label"]) for result in found["results"]] == [
        ("green", "green"), ("the blue hour", "blue"), ("a red day", "red")
    ]  # fmt: skip
    assert found["failed"] == []


def test_classify_with_a_head(capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path) -> None:
    encoder = ColorEncoder()
    vectors = encoder.encode_texts(["red", "orange", "blue", "purple"])
    head = fit_classes(encoder, "centroid", vectors, ["warm", "warm", "cold", "cold"])
    (tmp_path / "mine.safetensors").write_bytes(head_bytes(head))
    save_head(head, encoder, "by name")
    for name in (tmp_path / "mine.safetensors", "by name"):
        found = run(capsys, "classify", photos / "red.png", photos / "blue.png", "--head", name, "--threshold", "0")
        assert [result["label"] for result in found["results"]] == ["warm", "cold"]


def test_people_see_classes(capsys: pytest.CaptureFixture[str], photos: Path) -> None:
    main(["classify", str(photos / "red.png"), "/nowhere.png", "--labels", "red,green", "--quiet"])
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("red") and "red.png" in out[0] and "green 0.0" in out[0]
    assert "/nowhere.png" in out[1]


def test_names_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path) -> None:
    (tmp_path / "classes.csv").write_text("\x1b[2Jred,red\ngreen\n")
    main(["classify", str(photos / "red.png"), "--labels-file", str(tmp_path / "classes.csv"), "--quiet"])
    out = capsys.readouterr().out
    assert "\x1b" not in out and out.startswith(r"'\x1b[2Jred'") and out.count(r"\x1b[2Jred") == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["classify", "PHOTO", "--labels", " , "], "no classes"),
        (["classify", "PHOTO", "--labels", "a,a"], "2 times"),
        (["classify", "PHOTO", "--labels-file", "/nowhere.csv"], "cannot be read"),
        (["classify", "PHOTO", "--labels", "a,b", "--threshold", "40"], "from 0 to 1"),
        (["classify", "PHOTO", "--head", "/nowhere.joblib"], "cannot be read"),
        (["classify", "PHOTO", "--head", "PHOTO"], "Pickles"),
        (["classify", "PHOTO", "--labels", "concept:unheard"], "no concept"),
        (["classify", "--text", " ", "--labels", "a,b"], "no texts"),
        (["eval", "fewshot", "--images", "PHOTOS", "--shots", "0"], "at least 1 labeled"),
        (["eval", "fewshot", "--images", "PHOTOS"], "fewer than three"),
        (["eval", "fewshot", "--images", "PHOTOS", "--repeats", "0"], "at least 1 repeat"),
        (["eval", "fewshot", "--images", "PHOTOS", "--labels", "TWICE"], "both 'red' and 'blue' for red.png"),
        (["eval", "numbers", "--images", "PHOTOS", "--table", "TWICE", "--column", "size"], "both 1.0 and 2.0"),
        (["eval", "numbers", "--images", "PHOTOS", "--table", "TWICE", "--repeats", "-1"], "at least 1 repeat"),
        (["eval", "numbers", "--images", "PHOTOS", "--table", "CSV", "--column", "label"], "is not a number"),
        (["eval", "zeroshot", "--images", "PHOTOS", "--labels", "CSV", "--classes", "CLASSES"], "not among"),
    ],
)
def test_errors_about_classes_say_what_to_do(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "table.csv").write_text("image,label\nred.png,red\n")
    (tmp_path / "classes.csv").write_text("blue\ngreen\n")
    (photos / "more" / "green.png").rename(photos / "more" / "green.jpg")
    places = {"PHOTO": photos / "red.png", "PHOTOS": photos, "CSV": tmp_path / "table.csv"}
    (tmp_path / "twice.csv").write_text("image,label,size\nred.png,red,1\n./red.png,blue,2\n")
    places["TWICE"] = tmp_path / "twice.csv"
    places["CLASSES"] = tmp_path / "classes.csv"
    if "fewshot" in arguments:
        (photos / "few").mkdir()
        (photos / "white.png").rename(photos / "few" / "white.png")
    code = main([*[str(places.get(argument, argument)) for argument in arguments], "--json", "--quiet"])
    captured = capsys.readouterr()
    assert code == 2 and captured.out == "" and captured.err.count("\n") == 1 and says in captured.err


@pytest.fixture
def shades(tmp_path: Path) -> Path:
    """Ten pictures of each of three colours, a folder for each, and `table.csv` with how bright they are."""
    folder, rows = tmp_path / "shades", ["image,brightness"]
    for name in ("red", "green", "blue"):
        (folder / name).mkdir(parents=True)
        for number in range(10):
            shade = tuple(channel + 12 * number - 60 for channel in COLORS[name])
            Image.new("RGB", (64, 64), shade).save(folder / name / f"{number}.png")
            rows.append(f"{name}/{number}.png,{sum(shade) / 3}")
    (folder / "table.csv").write_text("\n".join(rows))
    return folder


def test_eval_fewshot_by_folders(capsys: pytest.CaptureFixture[str], shades: Path) -> None:
    arguments = ["eval", "fewshot", "--images", shades, "--shots", "1,2,4", "--repeats", "2"]
    figures = run(capsys, *arguments)
    assert (figures["classes"], figures["images"], figures["repeats"], figures["encoder"]) == (3, 30, 2, "colour")
    assert set(figures["methods"]) == {"centroid", "knn", "probe", "blend"}
    for points in figures["methods"].values():
        assert set(points) == {"1", "2", "4"}
        assert all(0 <= point["low"] <= point["mean"] <= point["high"] <= 1 for point in points.values())
    assert 0.5 < figures["zeroshot"] <= 1 and 0.5 < figures["zeroshot_no_templates"] <= 1
    main([*map(str, arguments), "--quiet"])
    assert "probe" in capsys.readouterr().out


def test_a_picture_named_twice_counts_once(capsys: pytest.CaptureFixture[str], shades: Path) -> None:
    files = [f"{name}/{number}.png,{name}" for name in ("red", "green", "blue") for number in range(10)]
    for rows in (files, [*files, *(f"./{row}" for row in files), *files]):
        (shades / "labels.csv").write_text("\n".join(["image,label", *rows]))
        arguments = ["--images", shades, "--labels", shades / "labels.csv", "--shots", "1,2"]
        assert run(capsys, "eval", "fewshot", *arguments)["images"] == 30


def test_eval_numbers(capsys: pytest.CaptureFixture[str], shades: Path) -> None:
    table = ["--table", shades / "table.csv", "--column", "brightness", "--samples", "4,16"]
    figures = run(capsys, "eval", "numbers", "--images", shades, *table)
    assert figures["images"] == 30 and figures["mae_of_mean"] > 10
    ridge = figures["methods"]["ridge"]
    assert ridge["16"]["mae"] < ridge["4"]["mae"] and ridge["16"]["mae"] < figures["mae_of_mean"] / 2
    assert ridge["16"]["r2"] > 0.7


def test_eval_zeroshot_with_templates_and_classes(
    capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "labels.csv").write_text("image,label\nred.png,warm\nblue.png,cold\n")
    (tmp_path / "classes.csv").write_text("warm,red\ncold,blue\nother,green\n")
    arguments = ["eval", "zeroshot", "--images", photos, "--labels", tmp_path / "labels.csv"]
    figures = run(capsys, *arguments, "--classes", tmp_path / "classes.csv")
    assert (figures["classes"], figures["images"], figures["top1"], figures["templates"]) == (3, 2, 1.0, "on")
    assert {"macro_f1", "calibration_error", "top5", "skipped"} <= set(figures)
    monkeypatch.setattr(ColorEncoder, "templates", ("green",))  # a prompt that says nothing of the class
    with_it, without = (
        run(capsys, *arguments, "--classes", tmp_path / "classes.csv", "--templates", way) for way in ("on", "off")
    )
    assert with_it["top1"] < 1.0 == without["top1"]


def test_bench_classify(capsys: pytest.CaptureFixture[str]) -> None:
    figures = run(capsys, "bench", "classify", "--items", "500", "--classes", "20")
    assert (figures["items"], figures["classes"]) == (500, 20) and figures["seconds"] > 0
