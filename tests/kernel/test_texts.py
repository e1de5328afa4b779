from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

import servicecrm.kernel
from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.kernel.texts import Texts

LIBRARY = Path(servicecrm.kernel.__file__).parents[1]
WITH_TEXTS = sorted(
    ".".join(("servicecrm", *folder.parent.relative_to(LIBRARY).parts))
    for folder in {file.parent for file in LIBRARY.rglob("texts/*.toml")}
)
COMPLAINTS = Texts("servicecrm.complaints")

Make = Callable[..., Texts]


@pytest.fixture
def texts_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a package with these language files."""
    monkeypatch.syspath_prepend(str(tmp_path))
    numbers = count()

    def make(**files: str) -> Texts:
        name = f"{tmp_path.name}_{next(numbers)}".replace("-", "_")
        folder = tmp_path / name / "texts"
        folder.mkdir(parents=True)
        (tmp_path / name / "__init__.py").touch()
        for language, toml in files.items():
            (folder / f"{language.replace('_', '-')}.toml").write_text(toml, "utf-8")
        return Texts(name)

    return make


def test_a_text_is_found_by_key_and_language(texts_of: Make) -> None:  # C093
    texts = texts_of(en="state.open = 'open'", de="[state]\nopen = 'öffen'")

    assert texts.get("state.open", language="en") == "open"
    assert texts.get("state.open", language="de") == "öffen"
    assert texts.languages == ("de", "en")
    assert texts.keys("de") == {"state.open"}
    assert texts.keys("fr") == frozenset()


def test_the_nearest_language_that_has_the_text_is_taken(texts_of: Make) -> None:  # C093
    texts = texts_of(
        en="a = 'en a'\nb = 'en b'\nc = 'en c'", de="a = 'de a'\nb = 'de b'", de_AT="a = 'de-AT a'", zh="a = 'zh a'"
    )

    assert [texts.get(key, language="de-AT") for key in "abc"] == ["de-AT a", "de b", "en c"]
    assert texts.get("a", language="DE-at") == "de-AT a"
    assert texts.get("a", language="zh-Hant-TW") == "zh a"
    assert texts.get("a", language="fr") == "en a"


def test_an_unknown_key_is_named(texts_of: Make) -> None:
    with pytest.raises(InvalidValue, match=r"there is no text 'b'; keys\('en'\) lists"):
        texts_of(en="a = 'a'").get("b", language="en")


def test_a_language_of_another_shape_is_refused(texts_of: Make) -> None:
    with pytest.raises(InvalidValue, match="a language is written"):
        texts_of(en="a = 'a'").get("a", language="de_AT")


def test_placeholders_are_filled_by_name(texts_of: Make) -> None:
    texts = texts_of(en="a = '{n} of {all}, {n} {{kept}}'")

    assert texts.get("a", language="en", n=1, all="two", unused="x") == "1 of two, 1 {kept}"
    with pytest.raises(InvalidValue, match="a: the text needs a value for all, n"):
        texts.get("a", language="en")


def test_a_value_that_looks_like_a_placeholder_stays_as_it_is(texts_of: Make) -> None:
    assert texts_of(en="a = '<{x}>'").get("a", language="en", x="{y} {x.__class__} }{") == "<{y} {x.__class__} }{>"


@pytest.mark.parametrize("text", ["{x.y}", "{x[0]}", "{}", "{0}", "{x!r}", "{x:>9}", "{x:{y}}", "{", "}", "{x y}"])
def test_anything_but_a_simple_placeholder_is_refused(text: str, texts_of: Make) -> None:
    with pytest.raises(MalformedDocument, match=r"en\.toml: group\.a: "):
        texts_of(en=f"[group]\na = '{text}'").get("group.b", language="en")


def test_every_fault_of_the_files_is_told_at_once(texts_of: Make) -> None:
    texts = texts_of(en="a = 1\nb.c = ['x']\nd = '{x.y}'\ne = 'good'", de="a = ", zh="a = 'good'")

    with pytest.raises(MalformedDocument) as refused:
        texts.problems()
    assert [problem.rpartition(": ")[0].split(": not TOML")[0] for problem in refused.value.problems] == [
        "de.toml",
        "en.toml: a",
        "en.toml: b.c",
        "en.toml: d",
    ]


@pytest.mark.parametrize("files", [{}, {"de": "a = 'a'"}])
def test_english_is_always_there(files: dict[str, str], texts_of: Make) -> None:
    with pytest.raises(InvalidValue, match=r"there is no texts/en\.toml"):
        texts_of(**files).get("a", language="de")


def test_a_file_is_named_after_a_language(texts_of: Make) -> None:
    with pytest.raises(InvalidValue, match="a language is written"):
        texts_of(en="a = 'a'", german="a = 'a'").get("a", language="en")


def test_a_package_without_texts_is_told_apart_when_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "silent_package").mkdir()
    (tmp_path / "silent_package" / "__init__.py").touch()
    texts = Texts("silent_package")

    with pytest.raises(InvalidValue, match="silent_package: there is no texts/en"):
        texts.get("a", language="en")


def test_nothing_is_read_before_a_text_is_asked_for() -> None:
    assert Texts("there.is.no.such.package").package == "there.is.no.such.package"


def test_problems_name_missing_keys_and_differing_placeholders(texts_of: Make) -> None:  # C093
    texts = texts_of(en="a = '{x}'\nb = 'b'\nc = '{x} {y}'", de="a = 'a'\nc = '{y} {x} {x}'\nd = 'd'")

    assert texts.problems() == (
        "a: the placeholders differ: de none; en x",
        "de: b is missing",
        "en: d is missing",
    )


# -- the texts of the library --------------------------------------------------------------------


@pytest.mark.parametrize("package", WITH_TEXTS)
def test_every_text_of_the_library_is_there_in_every_language(package: str) -> None:  # C093
    assert Texts(package).languages == ("de", "en", "zh")
    assert Texts(package).problems() == ()


@pytest.mark.parametrize("package", WITH_TEXTS)
def test_no_text_of_the_library_is_blank_or_padded(package: str) -> None:
    texts = Texts(package)
    for language in texts.languages:
        for key in texts.keys(language):
            text = texts.get(key, language=language, **dict.fromkeys(_placeholders(texts, key), "x"))
            assert text == text.strip() != "", (language, key)


def _placeholders(texts: Texts, key: str) -> list[str]:
    try:
        texts.get(key, language="en")
    except InvalidValue as error:
        return error.says.removeprefix("the text needs a value for ").split(", ")
    return []


def test_labels_of_one_group_can_be_told_apart() -> None:
    for language in COMPLAINTS.languages:
        for group in ("state", "action", "guard", "severity", "priority", "channel", "waiting", "event", "role"):
            keys = [key for key in COMPLAINTS.keys(language) if key.startswith(f"{group}.")]
            labels = {COMPLAINTS.get(key, language=language) for key in keys}
            assert len(labels) == len(keys) > 0, (language, group)


def test_an_event_is_found_by_its_type() -> None:
    assert COMPLAINTS.get("event.complaint.recorded", language="de-AT") == "Beschwerde erfasst"
    assert COMPLAINTS.get("event.complaint.recorded", language="zh-Hans") == "投诉已登记"
