"""Documents on pages: what stands on them, that texts stay texts, and that nothing is missing unnoticed."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue, MissingExtra
from servicecrm.reports import Document, Fact, Facts, Passage, Points, Section, Table, document, pdf
from servicecrm.reports.documents import KINDS, Told
from tests.reports.hostile import HOSTILE, documents, every_text
from tests.reports.making import NAMES, every_record, the_review, the_status
from tests.reports.pages import Pages, bare

typst = pytest.importorskip("typst")

FOR_TYPST = (
    '#eval("1+1")',
    '#read("/etc/passwd")',
    '#image("x.png")',
    '#import "@preview/x:0.1.0"',
    "#panic()",
    "$x$",
    "]",
    "[",
    "*b* _e_",
    "@ref",
    "<label>",
    "= heading",
    "/ term: told",
    "// remark /* remark */",
    "-- --- ... ~ \"q\" 'q'",
    "{1 + 1}",
    '")',
    "fi ffl",
)


def whole(text: str) -> Document:
    """A document that is this text in every place."""
    blocks = (
        Facts(facts=(Fact(name=text, told=text),)),
        Points(points=(text,)),
        Passage(text=text),
        Table(head=(text, text), rows=((text, text),)),
    )
    return Document(
        kind="minutes", language="en", title=text, sections=(Section(key="all", title=text, blocks=blocks),)
    )


def told(of: Document) -> str:
    """Every text of a document, as `Pages` reads it."""
    return bare("".join((of.title or of.kind, *every_text(of))))


def without_marks(pages: Pages) -> str:
    """What is shown, without what every page has of its own: the dots of lists and the numbers of pages."""
    return bare("".join(re.sub(r"\d+ / \d+\n$", "", text).replace("•", "") for text in pages.texts))


@contextmanager
def refused_for_a_character_of(of: Document) -> Iterator[None]:
    """It may be refused, but only with a character that it has."""
    try:
        yield
    except InvalidValue as error:
        found = re.fullmatch(r"document: no font shows the character U\+([0-9A-F]{4,6});.*", str(error))
        if found is None or chr(int(found[1], 16)) not in "".join((of.title, *every_text(of))):
            raise


# -- what stands on the pages --------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "de", "de-AT"])
@pytest.mark.parametrize("record", every_record(), ids=lambda record: KINDS[type(record)].__name__)
def test_every_text_of_a_document_is_shown_and_nothing_else(record: Told, language: str) -> None:  # C028, C085, C088
    of = document(record, language=language, names=NAMES)

    assert without_marks(Pages(pdf(of))) == told(of)


@pytest.mark.parametrize("payload", [*HOSTILE, *FOR_TYPST])
def test_what_somebody_has_written_stays_text(payload: str) -> None:
    shown, meant = without_marks(Pages(pdf(whole(payload)))), told(whole(payload))

    # A mark that turns the direction round does so for the characters of its own text, and for no other.
    assert shown == meant if "\u202e" not in payload else sorted(shown) == sorted(meant)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_whatever_a_text_holds_it_is_shown_or_refused(of: Document) -> None:
    if told(of).isascii():
        assert without_marks(Pages(pdf(of))) == told(of)
        return
    with refused_for_a_character_of(of):
        assert Pages(pdf(of)).texts


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=400))
def test_texts_of_any_length_are_whole(text: str) -> None:
    assert without_marks(Pages(pdf(whole(text)))) == told(whole(text))


def test_characters_that_no_file_can_hold_are_left_out() -> None:
    assert without_marks(Pages(pdf(whole("a\x01b\x07c\x1b\x7f\x90d\ufffee")))) == told(whole("abcde"))


def test_it_knows_its_title_and_its_language() -> None:
    file = pdf(document(the_status(), language="de-AT"))

    assert b"/Title(Der Stand: No water since Monday)" in file
    assert b"/Lang(de-AT)" in file
    assert b"<pdfuaid:part>1</pdfuaid:part>" in file


def test_without_a_title_it_is_called_by_its_kind() -> None:
    assert without_marks(Pages(pdf(Document(kind="minutes", language="en", title="", sections=())))) == "minutes"


def test_the_same_document_gives_the_same_file() -> None:
    file = pdf(document(the_review(), names=NAMES))

    assert file == pdf(document(the_review(), names=NAMES))
    assert b"/CreationDate" not in file


# -- pages ---------------------------------------------------------------------------------------


def with_rows(*rows: tuple[str, ...]) -> Document:
    """A document that is a table."""
    table = Table(head=("Number", "About"), rows=rows)
    return Document(kind="minutes", language="en", title="Long", sections=(Section(key="all", blocks=(table,)),))


def test_the_head_of_a_table_is_on_every_page_and_so_is_the_number() -> None:
    texts = Pages(pdf(with_rows(*((f"{n}", "No water") for n in range(100))))).texts

    assert len(texts) > 1
    assert all("Number\nAbout\n" in text for text in texts)
    assert [text.splitlines()[-1] for text in texts] == [f"{n} / {len(texts)}" for n in range(1, len(texts) + 1)]


@pytest.mark.parametrize("word", ["x" * 6_000, "ab-" * 2_000])
def test_a_word_that_is_longer_than_a_page_is_wide_goes_on_in_the_next_line(word: str) -> None:
    passage = Section(key="all", blocks=(Passage(text=word),))
    on_lines = Pages(pdf(Document(kind="minutes", language="en", title="Long", sections=(passage,)))).texts
    in_cells = Pages(pdf(with_rows((word, word)))).texts

    assert len(in_cells) >= len(on_lines) > 1
    assert bare("".join(in_cells)).count(word[0]) >= 2 * word.count(word[0])


def test_a_row_that_does_not_fit_its_table_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"Table\.rows: every row has 2 cells, as the head"):
        Table(head=("Number", "About"), rows=(("1", "2"), ("3",)))


# -- fonts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["title", "fact", "point", "passage", "head", "cell"])
def test_a_character_that_no_font_has_is_refused_wherever_it_is(place: str) -> None:
    def put(here: str) -> str:
        return "Rosa \U0001fffe Finn" if here == place else "x"

    blocks = (
        Facts(facts=(Fact(name="x", told=put("fact")),)),
        Points(points=(put("point"),)),
        Passage(text=put("passage")),
        Table(head=(put("head"),), rows=((put("cell"),),)),
    )
    of = Document(
        kind="minutes", language="en", title=put("title"), sections=(Section(key="all", title="x", blocks=blocks),)
    )

    with pytest.raises(InvalidValue, match=r"U\+1FFFE; install one that does, such as Noto Sans CJK") as raised:
        pdf(of)
    assert "Rosa" not in str(raised.value)
    assert raised.value.__cause__ is raised.value.__context__ is None


@pytest.mark.parametrize("record", every_record(), ids=lambda record: KINDS[type(record)].__name__)
def test_chinese_is_shown_with_a_font_for_it(record: Told, tmp_path: Path) -> None:  # C093
    of = document(record, language="zh", names=NAMES)
    a_font(tmp_path / "chinese.ttf", told(of))

    assert without_marks(Pages(pdf(of, font_paths=[tmp_path]))) == told(of)


def test_chinese_is_shown_or_refused_with_the_fonts_that_are_there() -> None:
    of = document(the_status(), language="zh", names=NAMES)

    with refused_for_a_character_of(of):
        assert without_marks(Pages(pdf(of))) == told(of)


def a_font(path: Path, characters: str) -> None:
    """Writes a font in which every character is a bar."""
    builder: Any = pytest.importorskip("fontTools.fontBuilder").FontBuilder(1000, isTTF=True)
    pen: Any = pytest.importorskip("fontTools.pens.ttGlyphPen").TTGlyphPen(None)
    for at, corner in enumerate(((100, 0), (100, 700), (900, 700), (900, 0))):
        (pen.lineTo if at else pen.moveTo)(corner)
    pen.closePath()
    names = {ord(each): f"u{ord(each):04X}" for each in sorted(set(characters))}
    order = [".notdef", *names.values()]
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(names)
    builder.setupGlyf(dict.fromkeys(order, pen.glyph()))
    builder.setupHorizontalMetrics(dict.fromkeys(order, (1000, 100)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Bars", "styleName": "Regular", "psName": "Bars-Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


# -- what it cannot do ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/document.typ", "document.typ", "/etc/hostname", "../../../pyproject.toml"])
def test_no_file_can_be_read_from_within(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "document.typ").write_text(f"#read({path!r})".replace("'", '"'), "utf-8")
    monkeypatch.setattr(sys.modules["servicecrm.reports.pdf"], "files", lambda _: tmp_path)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(typst.TypstError, match=r"failed to load file|access denied|escape"):
        pdf(whole("x"))


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)

    with pytest.raises(MissingExtra, match=r'pip install "servicecrm\[pdf\]"'):
        pdf(document(the_review()))
