from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from pkh_graduation.outputs.weaving import escaped, woven

MARKUP = st.sampled_from(["<b>", "</b>", "<br>", "", " "])
TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from("<>&\"'\x00"), max_size=8)


@given(st.lists(st.tuples(MARKUP, TEXTS), max_size=12))
def test_pieces_woven_are_markup_and_each_text_escaped(pieces):
    one_by_one = "".join(f"{own}{escape(text)}" for own, text in pieces)
    assert woven(pieces) == one_by_one.replace("\x00", "")


@given(st.lists(TEXTS, max_size=12))
def test_every_text_keeps_its_place(texts):
    assert escaped(texts) == [str(escape(text.replace("\x00", ""))) for text in texts]
