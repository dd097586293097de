import io
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.outputs.packing import LEVEL, archive, packed

NAMES = st.text("abcXYZ_.[]/ ", min_size=1, max_size=20)


@given(st.dictionaries(NAMES, st.binary(max_size=200).map(lambda part: (part + part[::-1]) * 40), max_size=5))
@settings(max_examples=40, deadline=None)
def test_an_archive_is_what_zipfile_writes_of_the_same_members(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in members.items():
            about = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            about.compress_type = zipfile.ZIP_DEFLATED
            book.writestr(about, content, compresslevel=LEVEL)
    assert archive([packed(name, content) for name, content in members.items()]) == buffer.getvalue()
