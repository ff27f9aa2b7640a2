"""Recommend as a visitor meets it, without a browser: liked, disliked, carried, learned from a log, measured."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image
from session import state_of
from streamlit.testing.v1 import AppTest
from visiting import SEARCH, component, item_id, press, said, settled, visit

import core
import ui.recommend.ads
import ui.session.encoders
from core import Library, ingest
from core.config import get_home
from core.errors import DataError
from core.library.item_lookup import get_item_names
from core.library.registry import create_library
from core.recommend.click_log import load_clicks
from core.recommend.feedback import Feedback, Reaction, feedback_json, likes_csv, read_feedback
from core.recommend.log_reader import read_log, resolve_items
from core.tables.table_reader import Limits
from ui.recommend.session import RecommendState

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]
RECOMMEND = "pages/recommend.py"


@pytest.fixture
def shades(tmp_path: Path, encoder: ColorEncoder) -> Library:
    """Twelve noisy shades each of four colours: red0.png to red11.png and so on."""
    rng = np.random.default_rng(0)
    for name in ("red", "green", "blue", "yellow"):
        (tmp_path / "shades").mkdir(exist_ok=True)
        for number in range(12):
            shade = np.clip(np.array(COLORS[name]) + rng.integers(-60, 60, (4, 4, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(shade).resize((40, 40), 0).save(tmp_path / "shades" / f"{name}{number}.png")
    library = create_library("Shades")
    ingest(library, encoder, [tmp_path / "shades"])
    return library


def open_feed(**link: str) -> AppTest:
    return visit(RECOMMEND, **{"explore": "0", "diverse": "0"} | link)


def feed(at: AppTest) -> list[dict]:
    return component(at, "cards")[0]["cards"]


def names(at: AppTest) -> list[str]:
    return [card["name"] for card in feed(at)]


def reasons(at: AppTest) -> dict[str, list[str]]:
    """Card -> the names of the likes that it is there for."""
    shown = component(at, "cards")[0]
    return {card["name"]: [shown["small"][entry]["name"] for entry in card["because"]] for card in shown["cards"]}


def groups(at: AppTest) -> dict[str, list[str]]:
    """Taste (or "Disliked") -> names of what is in it."""
    return {
        group["title"]: [item["name"] for item in group["items"]]
        for predictions in component(at, "groups")
        for group in predictions["groups"]
    }


def thumb(at: AppTest, library: Library, name: str, what: Reaction | None) -> AppTest:
    """As a click on a thumb of the feed does."""
    target = item_id(library, name)
    (visited,) = state_of(at, RecommendState).visits.values()
    visited.feedback.set_reaction(target, what)
    if target in visited.shown:  # else it was found by a search
        visited.held.setdefault(target, visited.shown.index(target))
    return at.run()


def carried(told: dict) -> dict[str, list[str]]:
    """What a link carries: name -> ids."""
    parts = (part.partition(":") for part in told["adds"]["carried"].split(";"))
    return {name: ids.split(".") for name, _, ids in parts}


def share(shown: list[str], colour: str) -> float:
    return sum(entry.startswith(colour) for entry in shown) / len(shown)


def likes_of(at: AppTest) -> list[str]:
    return [name for title, names in groups(at).items() if title != "Disliked" for name in names]


# before anything is there


def test_without_a_library_the_page_says_what_to_do() -> None:
    at = visit(RECOMMEND)
    assert "no library to recommend from" in said(at) and at.page_link


def test_an_empty_library_is_told_from_one_without_vectors(shades: Library) -> None:
    create_library("Empty")
    assert "Empty has no pictures or videos yet" in said(visit(RECOMMEND, library="Empty"))
    at = visit(RECOMMEND, library="Shades", encoder="other")
    assert "not embedded with this encoder yet" in said(at) and not component(at, "cards")


def test_one_picture_is_a_feed_that_ends(tmp_path: Path, encoder: ColorEncoder) -> None:
    Image.new("RGB", (40, 30), COLORS["red"]).save(tmp_path / "only.png")
    library = create_library("One")
    ingest(library, encoder, [tmp_path])
    at = open_feed()
    assert names(at) == ["only.png"]
    at = thumb(at, library, "only.png", "like")
    assert names(at) == ["only.png"] and feed(at)[0]["said"] == "like", "what was liked stays in its place"
    at = press(at, "Show others")
    assert "Nothing more to show" in said(at) and not component(at, "cards")


# the feed


def test_a_first_visit_begins_anywhere_and_says_so(shades: Library) -> None:
    at = open_feed()
    assert "Nothing liked yet" in said(at) and "a random selection" in said(at)
    assert {name[0] for name in names(at)} == set("rgby"), "of every colour"
    assert not any(card["because"] or card["score"] for card in feed(at))
    assert names(at) == names(at.run()), "the same ones until somebody does something"


def test_a_like_turns_the_feed_at_once_and_its_card_stays(shades: Library) -> None:
    at = open_feed()
    before = names(at)
    place = before.index(next(name for name in before if name.startswith("red")))
    liked = before[place]
    at = thumb(at, shades, liked, "like")
    after = names(at)
    assert after[place] == liked and feed(at)[place]["said"] == "like"
    rest = [name for name in after if name != liked]
    assert share(rest[:11], "red") == 1.0 > share(before, "red")
    first = next(card for card in feed(at) if card["name"] == rest[0])
    assert reasons(at)[rest[0]] == [liked] and -1 <= float(first["score"]) <= 1 and "-1 to 1" in first["score_title"]
    assert groups(at) == {"Taste 1": [liked]} and "1 like, 0 dislikes, one taste" in said(at).replace("**", "")


def test_a_taste_has_the_words_that_the_user_has_added_since(shades: Library) -> None:
    at = open_feed()
    at = settled(thumb(at, shades, next(name for name in names(at) if name.startswith("red")), "like"))
    (taste,) = component(at, "groups")[0]["groups"]
    assert "roses" not in taste["words"]
    (get_home() / "words.txt").write_text("my red roses\n", encoding="utf-8")
    (taste,) = component(settled(at.run()), "groups")[0]["groups"]
    assert "my red roses" in taste["words"]


def test_what_is_near_to_no_like_does_not_say_that_it_is_there_for_one(shades: Library) -> None:
    at = open_feed()
    at = thumb(at, shades, next(name for name in names(at) if name.startswith("red")), "like")
    assert {card["why"] for card in feed(at) if card["name"].startswith("red") and not card["said"]} == {
        "Because you liked"
    }
    at = press(at, "Show others")
    far = [card for card in feed(at) if card["why"] == "Something else"]
    assert far and not any(card["because"] or card["name"].startswith("red") for card in far)


def test_two_tastes_are_both_served_each_for_its_own_reason(shades: Library) -> None:
    at = open_feed()
    for name in ("red3.png", "blue4.png"):
        at = thumb(at, shades, name, "like")
    assert sorted(len(entry) for entry in groups(at).values()) == [1, 1]
    recommended = [card["name"] for card in feed(at) if not card["said"]]
    assert min(share(recommended, "red"), share(recommended, "blue")) >= 0.3
    for name in recommended[:10]:
        assert {entry[0] for entry in reasons(at)[name]} == {name[0]}


def test_a_dislike_pushes_its_like_away(shades: Library) -> None:
    at = open_feed(diverse="0")
    at = thumb(at, shades, next(name for name in names(at) if name.startswith("red")), "like")
    standing = {card["name"]: float(card["score"]) for card in feed(at) if card["score"]}
    missing = next(name for name in standing if name.startswith("yellow"))
    at = thumb(at, shades, missing, "dislike")
    after = {card["name"]: float(card["score"]) for card in feed(at) if card["score"]}
    yellow = [name for name in after if name.startswith("yellow") and name in standing]
    assert missing not in after and groups(at)["Disliked"] == [missing]
    assert share(list(after), "yellow") < share(list(standing), "yellow") or (
        yellow and all(after[name] < standing[name] - 0.1 for name in yellow)
    )


def test_what_was_said_can_be_taken_back(shades: Library) -> None:
    at = open_feed()
    start = names(at)
    liked = start[3]
    at = thumb(at, shades, liked, "like")
    at = thumb(at, shades, liked, None)
    assert not component(at, "groups") and "Nothing liked yet" in said(at)
    assert feed(at)[3]["name"] == liked and feed(at)[3]["said"] == ""


def test_others_are_shown_until_there_are_none_and_then_the_seen_ones_again(shades: Library) -> None:
    at = open_feed()
    first = names(at)
    at = press(at, "Show others")
    second = names(at)
    assert len(first) == len(second) == 24 and not set(first) & set(second)
    at = press(at, "Show others")
    assert "Nothing more to show" in said(at)
    at = press(at, "Show seen again (48)")
    assert len(names(at)) == 24


def test_a_search_finds_something_to_like(shades: Library) -> None:
    at = open_feed(find="yellow")
    assert "yellow" in said(at) and all(name.startswith("yellow") for name in names(at)[:5])
    at = thumb(at, shades, names(at)[0], "like")
    assert feed(at)[0]["said"] == "like"
    at = press(at, "Back to the feed")
    assert share(names(at)[:8], "yellow") == 1.0 and at.text_input("find").value == ""


def test_hostile_names_stay_text(tmp_path: Path, encoder: ColorEncoder) -> None:
    name = "<img src=x onerror=alert(1)> **bold**.png"
    Image.new("RGB", (40, 30), COLORS["red"]).save(tmp_path / name)
    Image.new("RGB", (40, 30), COLORS["blue"]).save(tmp_path / "b.png")
    library = create_library("Hostile")
    ingest(library, encoder, [tmp_path])
    at = thumb(open_feed(), library, name, "like")
    assert likes_of(at) == [name] and not at.error


# what is kept


def test_everything_survives_a_look_at_another_page(shades: Library) -> None:
    at = visit(RECOMMEND)
    at = thumb(at, shades, names(at)[0], "like")
    at = thumb(at, shades, names(at)[5], "dislike")
    at.slider("explore").set_value(40).run()
    at = press(at, "Show others")
    before = groups(at), names(at)
    at = at.switch_page(SEARCH).run()
    at = at.switch_page(RECOMMEND).run()
    assert (groups(at), names(at)) == before and at.slider("explore").value == 40


def test_sliders_stand_in_the_link(shades: Library) -> None:
    at = visit(RECOMMEND, explore="100", diverse="70")
    assert at.slider("explore").value == 100 and at.slider("diverse").value == 70 and at.slider("mix").disabled
    at = thumb(at, shades, names(at)[0], "like")
    assert not any(card["because"] for card in feed(at)), "all of it is exploration"


def test_likes_are_taken_away_brought_back_and_forgotten(shades: Library) -> None:
    at = open_feed()
    at = thumb(at, shades, names(at)[0], "like")
    at = thumb(at, shades, names(at)[4], "dislike")
    at = press(at, "Show others")
    before = groups(at), names(at)
    opinions = next(iter(state_of(at, RecommendState).visits.values())).feedback
    paths = {row["id"]: row["path"] for row in shades.items().to_pylist()}
    cached, log = feedback_json(opinions, paths), likes_csv(opinions, paths, redact=str)
    at = press(at, "Delete all")
    assert not component(at, "groups") and "Nothing liked yet" in said(at)
    at.file_uploader[0].upload("likes.json", cached).run()
    assert groups(at) == before[0] and set(names(at)) == set(before[1]), "with what was seen"
    at = press(at, "Delete all")
    at.file_uploader[0].upload("likes.csv", log).run()
    assert likes_of(at) == before[0]["Taste 1"] and "Disliked" not in groups(at)


def test_a_link_with_likes_shows_the_same_feed_elsewhere(shades: Library) -> None:
    at = open_feed(explore="30")
    at = thumb(at, shades, names(at)[0], "like")
    at = thumb(at, shades, names(at)[4], "dislike")
    at = press(at, "Show others")
    (predictions,) = [entry for entry in component(at, "adds") if "likes" in entry["label"]]
    other = open_feed(explore="30", library="Shades", **predictions["adds"])
    assert (names(other), groups(other)) == (names(at), groups(at))
    assert other.toast[0].value == "1 like and 1 dislike came with the link."
    assert "carried" not in other.query_params, "who passes it on passes on no likes"
    other = press(other, "Delete all")
    other.query_params["carried"] = predictions["adds"]["carried"]  # as when one goes back
    assert "Nothing liked yet" in said(other.run()), "the link does not say it again"


def test_a_link_carries_what_was_said_last(shades: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.widgets.link_items.MOST", 2)
    at = open_feed()
    for place in (3, 4, 5):
        at = thumb(at, shades, names(at)[place], "like")
    (visited,) = state_of(at, RecommendState).visits.values()
    (predictions,) = [entry for entry in component(at, "adds") if "likes" in entry["label"]]
    assert carried(predictions)["liked"] == list(visited.feedback.liked)[1:]
    assert "the last 2 of each kind; 1 earlier one" in said(at)
    first = list(visited.shown)
    at = press(press(at, "Show others"), "Show others")
    (predictions,) = [entry for entry in component(at, "adds") if "likes" in entry["label"]]
    assert len(visited.feedback.seen) > 40 and carried(predictions)["seen"] == list(visited.feedback.seen)[-2:]
    assert not set(carried(predictions)["seen"]) & set(first), "of what was seen last"


def test_the_feed_is_saved_as_a_page(shades: Library) -> None:
    at = open_feed()
    name = names(at)[0]
    at = settled(press(thumb(at, shades, name, "like"), "Create the page"))
    saved = at.session_state["task page of the feed"].job.report.decode()
    assert f"Because you liked {name}" in saved and f"<b><bdi>{name}</bdi></b><small>You like this" in saved
    assert "<h3><bdi>Liked</bdi> · 1</h3>" in saved
    at.text_input("find").set_value("green").run()
    at = settled(press(at, "Create the page"))
    saved = at.session_state["task page of the feed"].job.report.decode()
    assert "<h1><bdi>green in Shades</bdi></h1>" in saved and "<bdi>Found</bdi> · 24</h3>" in saved


def test_a_link_with_likes_of_nothing_here_says_so(shades: Library) -> None:
    at = open_feed(carried="liked:nothing.<b>.;turn:-1;;x")
    assert "Nothing liked yet" in said(at) and "Not found here: 2 items" in at.toast[0].value


def test_a_file_without_likes_is_refused(shades: Library) -> None:
    at = open_feed()
    at.file_uploader[0].upload("likes.json", b"{}").run()
    assert "has no likes" in said(at)


def test_likes_are_a_log_too(shades: Library, tmp_path: Path) -> None:
    paths = {row["id"]: row["path"] for row in shades.items().to_pylist()}
    opinions = Feedback()
    for path in list(paths)[:3]:
        opinions.set_reaction(path, "like")
    (tmp_path / "likes.csv").write_bytes(likes_csv(opinions, paths, redact=str))
    log, unknown = resolve_items(read_log(tmp_path / "likes.csv"), get_item_names(shades))
    assert not unknown and [log.item_names[n] for n in log.items] == list(paths)[:3]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\xff\xfe", "has no likes"),
        (b'{"liked": 3}', "has no likes"),
        (b'{"liked": [{"path": "x"}]}', "has no likes"),
        (b"user,thing\na,b\n", "has no likes"),
        (b"item\nnowhere.png\n", "None of the items"),
    ],
)
def test_opinions_that_cannot_be_read_say_so(data: bytes, told: str) -> None:
    with pytest.raises(DataError, match=told):
        read_feedback(data, {"a.png": "a"})


@pytest.mark.parametrize(
    "data", [b"item\n" + b"a.png\n" * 100, b'{"liked": [], "x": [' + b"[]," * 2_000 + b"0]}"], ids=["rows", "lists"]
)
def test_a_file_of_likes_is_held_to_the_limits_of_the_policy(data: bytes) -> None:
    read_feedback(data, {"a.png": "a"})
    with pytest.raises(DataError, match="has no likes"):
        read_feedback(data, {"a.png": "a"}, limits=Limits(table_rows=50, unpacked_bytes=100_000))


def test_opinions_of_another_library_are_found_by_name() -> None:
    said_there = Feedback(liked={"x1": 5.0}, disliked={"x2": 6.0}, seen={"x3": None})
    data = feedback_json(said_there, {"x1": "/photos/a.png", "x2": "/photos/b.png"})
    found, unknown = read_feedback(data, {"/photos/a.png": "a", "x2": "b"})
    assert found == Feedback(liked={"a": 5.0}, disliked={"b": 6.0}) and unknown == ("x3",)


# what others did


def crowd(library: Library, people: int = 60) -> bytes:
    """A log of people who go from red pictures to blue ones, and from green ones to yellow ones."""
    rng = np.random.default_rng(0)
    rows = ["user,item,time"]
    for person in range(people):
        first, then = (("red", "blue"), ("green", "yellow"))[person % 2]
        picks = [f"{first}{n}.png" for n in rng.permutation(12)[:5]] + [
            f"{then}{n}.png" for n in rng.permutation(12)[:5]
        ]
        rows += [f"p{person},{name},{100 * rng.random() + 100 * place}" for place, name in enumerate(picks)]
    return "\n".join([*rows, "p0,gone.png,3", "p1,lost.png,4"]).encode()


def learned(library: Library, **link: str) -> AppTest:
    at = open_feed(part="what others did", **link)
    at.file_uploader("log_file").upload("visits.csv", crowd(library)).run()
    return settled(press(at, "Learn"))


def test_a_log_makes_the_mix_live(shades: Library) -> None:
    at = learned(shades)
    assert {metric.label: metric.value for metric in at.metric} == {
        "Interactions": "600", "People": "60", "Items with interactions": "48 of 48", "Not in the library": "2",
    }  # fmt: skip
    assert "2 items of the log not in this library" in [entry.label for entry in at.expander]
    at = press(at, "Go to the feed")
    assert not at.slider("mix").disabled and "popular items" in said(at)
    at.slider("mix").set_value(100).run()
    at = thumb(at, shades, next(name for name in names(at) if name.startswith("red")), "like")
    rest = [card["name"] for card in feed(at) if not card["said"]]
    assert share(rest[:12], "blue") + share(rest[:12], "red") > 0.8, "where others with that like went on to"
    at.slider("mix").set_value(0).run()
    nearest = [card["name"] for card in feed(at) if not card["said"]]
    assert share(nearest[:11], "red") == 1.0


def test_without_a_log_simulated_visitors_are_one_click_away(shades: Library) -> None:
    at = open_feed(part="how good it is")
    at = settled(press(press(at, "Learn from a log"), "Learn from simulated visitors"))
    assert "Learned from **simulated visitors**" in said(at)
    assert "simulate_log(library.index(encoder))" in at.code[-1].value
    at = press(at, "Go to the feed")
    assert not at.slider("mix").disabled


def test_a_log_of_something_else_is_refused(shades: Library) -> None:
    at = open_feed(part="what others did")
    at.file_uploader("log_file").upload("visits.csv", b"user,item\na,nowhere.png\n").run()
    at = settled(press(at, "Learn"))
    assert "Not one item of the log is in this library" in said(at) and not at.metric
    at.file_uploader("log_file").upload("wrong.csv", b"who,what\na,b\n").run()
    at = settled(press(at, "Learn"))
    assert "wrong.csv needs the columns user and item" in said(at)


def test_likes_of_the_app_are_kept_when_asked_and_learned_from(shades: Library) -> None:
    at = open_feed()
    at = thumb(at, shades, names(at)[0], "like")
    assert load_clicks(shades) is None, "nothing is kept before somebody asks"
    at.segmented_control("part").set_value("what others did").run()
    at.segmented_control("log_way").set_value("likes in this app").run()
    at.toggle("keep_clicks").set_value(True).run()
    cached = load_clicks(shades)
    assert cached is not None and len(cached) == 1 and "1 like of 1 visit logged" in said(at).replace("**", "")
    at = settled(press(at, "Learn"))
    assert at.metric[0].value == "1"
    press(at, "Delete log")
    assert load_clicks(shades) is None


def test_figures_are_measured_when_asked(shades: Library) -> None:
    at = open_feed(part="how good it is")
    assert "Learn from one first" in said(at) and not at.get("plotly_chart")
    at = learned(shades)
    at.segmented_control("part").set_value("how good it is").run()
    assert not at.get("plotly_chart")
    at = settled(press(at, "Measure"))
    assert at.get("plotly_chart") and "of what people did later" in said(at)
    ways = set(at.dataframe[0].value["method"])
    assert {"random", "popularity", "behaviour", "content", "both"} <= ways
    at.segmented_control("measure").set_value("coverage").run()
    assert "popularity shows everybody the same few" in said(at)


# the advertisement


def test_an_advertisement_is_shown_when_asked_with_its_reason_and_a_cap(shades: Library) -> None:
    at = open_feed()
    assert not at.toggle("ads").value and "Advertisement" not in said(at)
    at.toggle("ads").set_value(True).run()
    at = settled(at)
    assert "Advertisement** (example)" in said(at)
    table = b"name,text,words\nRed paint,red,red\n"
    at.file_uploader("campaigns 0").upload("mine.csv", table).run()
    at = settled(press(at, "Use these"))
    liked = next(name for name in names(at) if name.startswith("red"))
    at = settled(thumb(at, shades, liked, "like"))
    assert "Red paint" in said(at) and "Why this one" in said(at) and "Shown 1 of at most 3" in said(at)
    for _ in range(2):
        at = settled(thumb(at, shades, next(card["name"] for card in feed(at) if not card["said"]), "like"))
    assert "Shown 1 of at most 3" in said(at), "a like of the same feed shows it no second time"
    for _ in range(3):
        visited = next(iter(state_of(at, RecommendState).visits.values()))
        visited.turn += 1
        visited.held.clear()
        at = settled(at.run())
    assert "Red paint" not in said(at) and "No campaign matches" in said(at)


def test_the_examples_are_read_once_for_all_visits(shades: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(open_feed(ads="true"))
    monkeypatch.setattr(ui.recommend.ads, "embed_campaigns", lambda *_, **__: pytest.fail("read again"))
    predictions = said(settled(open_feed(ads="true")))
    assert "No campaign matches" in predictions or "Why this one" in predictions


def test_the_budget_of_ones_own_campaign_is_not_spent_by_another_visit(shades: Library) -> None:
    for _ in range(2):
        at = settled(open_feed(ads="true"))
        at.file_uploader("campaigns 0").upload("mine.csv", b"name,text,words,budget\nRed paint,red,red,1\n").run()
        at = settled(press(at, "Use these"))
        for _ in range(2):
            liked = next(card["name"] for card in feed(at) if card["name"].startswith("red") and not card["said"])
            at = settled(thumb(at, shades, liked, "like"))
            assert "Shown 1 of at most 3" in said(at), "it stays while the feed does"
        visited = next(iter(state_of(at, RecommendState).visits.values()))
        visited.turn += 1
        visited.held.clear()
        assert "No campaign matches" in said(settled(at.run())), "its budget is one"


def test_the_picture_of_ones_own_campaign_is_the_upload_alone(shades: Library, tmp_path: Path) -> None:
    """The page's process never decodes it, and a path in the table leads nowhere."""
    buffer = io.BytesIO()
    Image.fromarray(np.full((30, 40), 0.7, np.float32)).save(buffer, "TIFF")  # Streamlit fails on it
    for name, error in ((str(next(tmp_path.glob("shades/*"))), "is missing"), ("own.tif", "")):
        at = settled(open_feed(ads="true"))
        at.file_uploader("campaigns 0").upload("mine.csv", f"name,text,picture\nRed,red,{name}\n".encode())
        at.file_uploader("campaigns 0").upload("own.tif", buffer.getvalue()).run()
        at = press(at, "Use these")
        assert error in said(at)
    at = settled(at)
    at = settled(thumb(at, shades, next(name for name in names(at) if name.startswith("red")), "like"))
    assert "Shown 1 of at most" in said(at) and at.get("image")


def test_campaigns_that_cannot_be_read_say_so(shades: Library) -> None:
    at = settled(open_feed(ads="true"))
    at.file_uploader("campaigns 0").upload("mine.csv", b"title\nx\n").run()
    at = press(at, "Use these")
    assert "needs the column name" in said(at)


# in Python


def test_the_lines_run(shades: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "open_encoder", lambda name="embedded": ui.session.encoders.open_encoder(name))
    at = open_feed()
    at = thumb(at, shades, next(name for name in names(at) if name.startswith("red")), "like")
    at = press(at, "Show others")
    exec(compile(at.code[-1].value, "In Python", "exec"), {})
    predictions = [
        line.split("  ")[2].rsplit("/", 1)[1] for line in capsys.readouterr().out.splitlines() if ".png" in line
    ]
    assert predictions == names(at)


def test_the_lines_that_learn_run(
    shades: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "open_encoder", lambda name="embedded": ui.session.encoders.open_encoder(name))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "visits.csv").write_bytes(crowd(shades))
    at = learned(shades)
    exec(compile(at.code[-1].value, "In Python", "exec"), {})
    assert "600 interactions, 2 items of the log are not here" in capsys.readouterr().out
    at.segmented_control("part").set_value("how good it is").run()
    at = settled(press(at, "Measure"))
    exec(compile(at.code[-1].value, "In Python", "exec"), {})
    assert "popularity" in capsys.readouterr().out
    at.segmented_control("part").set_value("feed").run()
    at = thumb(at, shades, names(at)[0], "like")
    exec(compile(at.code[-1].value, "In Python", "exec"), {})
    assert "both" in capsys.readouterr().out
