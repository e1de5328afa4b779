"""Documents on pages: what stands on them, that texts stay texts, and that nothing is missing unnoticed."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue, MissingExtra
from servicecrm.kernel.records import evolve
from servicecrm.reports import Block, Document, Fact, Facts, Passage, Points, Section, Table, document, pdf
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

EDGE = (210 - 25) * 72 / 25.4
"""Where a page ends at the right."""


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
    return bare("".join((of.title.strip() or of.kind, *every_text(of))))


def without_marks(pages: Pages) -> str:
    """What is shown, without what every page has of its own: the dots of lists and the numbers of pages."""
    return bare("".join(re.sub(r"\d+ / \d+\n$", "", text).replace("•", "") for text in pages.texts))


@contextmanager
def refused_for_a_character_of(of: Document) -> Iterator[None]:
    """It may be refused, but only with a character that it has."""
    try:
        yield
    except InvalidValue as error:
        found = re.fullmatch(
            r"document: no font shows the character U\+([0-9A-F]{4,6})(;| as it is meant;).*", str(error)
        )
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
    if told(of).isascii() and "\u202e" not in "".join((of.title, *every_text(of))):  # which turns texts round
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


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        *((blank, " ") for blank in (" ", "\t", "\u1680")),
        *((blank, blank) for blank in ("  ", "\u00a0", "\u202f", "\u2003", "\u2009")),
        *((end, "\n") for end in ("\n", "\r", "\r\n", "\x85", "\u2028", "\u2029")),
        *((unseen, "") for unseen in ("\ufeff", "\u200b", "\u00ad")),
    ],
    ids=ascii,
)
def test_a_blank_stays_a_blank_and_what_nobody_sees_is_left_out(written: str, shown: str) -> None:
    passage = f"12{written}34"

    for place in (
        lines(Passage(text=passage)),
        lines(Table(head=(passage,), rows=())),
        lines(Points(points=(passage,))),
    ):
        assert f"12{shown}34\n" in place


@pytest.mark.parametrize("with_it", ["\u202e", "\u0301", "\u200d", "\u200b", "\u00ad", "\u3000"], ids=ascii)
def test_what_stands_beside_a_blank_is_not_copied_with_every_other(with_it: str) -> None:
    shown = lines(Passage(text=f"x {with_it} y"), Passage(text="No water in the street"))

    assert "No water in the street\n1 / 1\n" in shown


def lines(*blocks: Block) -> str:
    """What a page shows, blanks and all."""
    return Pages(pdf(of_blocks(*blocks))).texts[0]


def of_blocks(*blocks: Block) -> Document:
    return Document(kind="minutes", language="en", title="Title", sections=(Section(key="all", blocks=blocks),))


def test_it_knows_its_title_and_its_language() -> None:
    file = pdf(document(the_status(), language="de-AT"))

    assert b"/Title(Der Stand: No water since Monday)" in file
    assert b"/Lang(de-AT)" in file
    assert b"<pdfuaid:part>1</pdfuaid:part>" in file


def test_without_a_title_it_is_called_by_its_kind() -> None:
    assert without_marks(Pages(pdf(Document(kind="minutes", language="en", title="", sections=())))) == "minutes"


@pytest.mark.parametrize("title", [" ", "\n", "\u00ad"], ids=ascii)
def test_a_title_that_shows_nothing_is_none(title: str) -> None:
    of = Document(kind="minutes", language="en", title=title, sections=())

    assert without_marks(Pages(pdf(of))) == "minutes"
    with pytest.raises(InvalidValue, match=r"^document: it has neither a title nor a kind"):
        pdf(evolve(of, kind=" "))


def test_what_has_nothing_in_it_shows_nothing() -> None:
    empty = (Table(head=(), rows=()), Table(head=(), rows=((),)), Table(head=("",), rows=()), Facts(facts=()))

    assert without_marks(Pages(pdf(of_blocks(*empty, Points(points=()), Passage(text=""))))) == "Title"


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


def test_a_long_text_of_long_words_is_whole() -> None:
    text = "the neighbourhood " * 3_000

    assert without_marks(Pages(pdf(of_blocks(Passage(text=text))))) == bare("Title" + text)


@pytest.mark.parametrize("word", ["x" * 100_000, "ab/" * 33_000, "\u0627" * 33_000], ids=["letters", "marks", "arabic"])
def test_a_word_without_end_is_set_in_few_pieces(word: str) -> None:
    """The time for it grows with the square of their number, and each takes 30 bytes or more of the file."""
    on_lines = pdf(of := of_blocks(Passage(text=word)))
    in_a_cell = pdf(of_blocks(Table(head=("a", "b"), rows=((word[:50_000], "short"),))))

    assert sorted(without_marks(Pages(on_lines))) == sorted(told(of))
    assert max(len(on_lines), len(in_a_cell)) < 10 * len(word)


@pytest.mark.parametrize(
    "cells",
    [
        *(("Service", *("January",) * 12), ("Service", *("September",) * 15), ("Number",) * 40),
        *(("x" * 300, "W" * 300), ("i" * 50 + "W" * 50,) * 9, ("name@example.org/a-b-c-d-e",) * 7),
    ],
    ids=lambda cells: f"{len(cells)} {cells[-1][:9]}",
)
def test_no_word_of_a_table_runs_into_the_next_column_or_past_the_edge(cells: tuple[str, ...]) -> None:
    pages = Pages(pdf(of_blocks(Table(head=cells, rows=(cells,)))))
    places = sorted(pages.places(0))

    assert without_marks(pages) == bare("Title" + "".join(cells) * 2)
    assert all(end <= EDGE + 0.5 for _, _, end in places)
    for (line, _, end), (next_line, start, _) in pairwise(places):
        assert line != next_line or end <= start + 0.5


@pytest.mark.parametrize("word", ["x" * 400, "W" * 400, "i" * 200 + "W" * 200, "ab-" * 99, "\u0627" * 400], ids=ascii)
def test_no_word_runs_past_the_edge(word: str) -> None:
    blocks = (Passage(text=word), Points(points=(word,)), Facts(facts=(Fact(name=word, told=word),)))
    of = Document(kind="minutes", language="en", title=word, sections=(Section(key="all", title=word, blocks=blocks),))

    with refused_for_a_character_of(of):
        pages = Pages(pdf(of))
        assert all(end <= EDGE + 0.5 for page in range(len(pages.texts)) for _, _, end in pages.places(page))


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

    with pytest.raises(InvalidValue, match=r"U\+1FFFE; install a font that has it, or name") as raised:
        pdf(of)
    assert "Rosa" not in str(raised.value)
    assert raised.value.__cause__ is raised.value.__context__ is None


@pytest.mark.parametrize(
    "character", ["\ue000", "\ue100", "\uf0b7", "\uf8ff", "\ufffc", "\U000f0000", "\U0010ffff"], ids=ascii
)
def test_a_character_that_means_something_else_to_every_font_is_refused(character: str) -> None:
    with pytest.raises(
        InvalidValue, match=rf"^document: no font shows the character U\+{ord(character):04X} as it is meant; leave"
    ):
        pdf(whole(f"Rosa {character}"))


@pytest.mark.parametrize(
    ("text", "character"),
    [
        *(("1\ufe0f\u20e3", "20E3"), ('say "\u20e2', "20E2"), ("\\\u20e2", "20E2"), ("caf\u00e9\u20e2", "20E2")),
        *(("1\ufe0f\u20e3 \u0378", "0378"), ("`\u0378`", "0378"), ('"\U0001fffe"', "1FFFE")),
    ],
    ids=ascii,
)
def test_the_character_that_has_no_glyph_is_named_and_not_its_neighbour(text: str, character: str) -> None:
    assert refusal(text) in (
        None,
        f"document: no font shows the character U+{character}; install a font that has it{OR}",
    )


@pytest.mark.parametrize("character", ["\u9f98", "\u30f6", "\ud79d"], ids=ascii)
def test_a_font_for_chinese_is_advised_for_what_it_has(character: str) -> None:  # C093
    says = f"document: no font shows the character U+{ord(character):04X}; install one that does, such as Noto Sans CJK"

    assert refusal(character) in (None, says + OR)


OR = ", or name its folder in font_paths"


def refusal(text: str) -> str | None:
    """What is said about a text that is not shown; nothing where the system has a font for it."""
    try:
        pdf(whole(text))
    except InvalidValue as error:
        return str(error)
    return None


def test_a_folder_of_fonts_that_is_not_there_is_refused(tmp_path: Path) -> None:
    there, file = tmp_path / "fonts", tmp_path / "font.ttf"
    there.mkdir()
    file.touch()
    of = document(the_status())

    assert pdf(of, font_paths=[there, str(there)]) == pdf(of)
    for missing in (tmp_path / "nofolder", "nofolder", file):
        with pytest.raises(InvalidValue, match=f"^font_paths: there is no folder '{re.escape(str(missing))}'$"):
            pdf(of, font_paths=[there, missing])
    for odd in (1, b"fonts", None, "\0"):
        with pytest.raises(InvalidValue, match=r"^font_paths: there is no folder "):
            pdf(of, font_paths=[odd])  # type: ignore[list-item]
    for one in ("fonts", there, None):
        with pytest.raises(InvalidValue, match=r"^font_paths: expected several values"):
            pdf(of, font_paths=one)  # type: ignore[arg-type]


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

    with pytest.raises(InvalidValue, match=r"^document: typst cannot set it: .*(failed to load file|denied|escape)"):
        pdf(whole("x"))


@pytest.mark.parametrize("run", ["\u093f" * 256, "a" + "\u0301" * 65_540, "\u0915\u094d" * 400], ids=ascii)
@pytest.mark.parametrize("ends", ["", " end"])
def test_a_text_with_which_typst_would_break_down_is_refused(run: str, ends: str) -> None:
    with pytest.raises(InvalidValue, match=r"^document: a text cannot be set: .* put blanks into it$"):
        pdf(whole(f"Rosa {run}{ends}"))


@pytest.mark.parametrize("word", ["\u0915" * 129, "\u0627" * 32_768], ids=["hindi", "arabic"])
def test_letters_without_a_break_are_no_reason_to_break_down(word: str) -> None:
    with refused_for_a_character_of(of := of_blocks(Passage(text=word))):
        assert Pages(pdf(of)).texts


class Panic(BaseException):
    """What typst raises when it breaks down."""


@pytest.mark.parametrize(("raised", "seen"), [(Panic, InvalidValue), (KeyboardInterrupt, KeyboardInterrupt)])
def test_nothing_but_errors_comes_from_typst(
    raised: type[BaseException], seen: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def compile(*_: object, **__: object) -> bytes:
        raise raised("Rosa")

    monkeypatch.setattr(typst, "compile", compile)
    with pytest.raises(seen) as error:
        pdf(whole("x"))
    assert seen is KeyboardInterrupt or ("Rosa" not in str(error.value) and error.value.__context__ is None)


def test_what_typst_says_is_told_without_what_stands_in_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    says = (
        'warning: no such font\n\nerror: PDF/UA-1 error: the text contains the codepoint `"Rosa `x"`\n = hint: none\n'
    )

    def compile(*_: object, **__: object) -> bytes:
        error = typst.TypstError("x")
        error.diagnostic = says
        raise error

    monkeypatch.setattr(typst, "compile", compile)
    with pytest.raises(InvalidValue) as raised:
        pdf(whole("x"))
    assert str(raised.value) == "document: typst cannot set it: PDF/UA-1 error: the text contains the codepoint …"


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)

    with pytest.raises(MissingExtra, match=r'pip install "servicecrm\[pdf\]"'):
        pdf(document(the_review()))
