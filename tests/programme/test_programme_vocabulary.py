import pytest

from pkh_graduation.programme import vocabulary as words


def test_every_kind_of_exit_is_one_way_out():
    assert set(words.CAUSE_OF.values()) == set(words.WAYS_OUT)
    assert "masuk_kembali" not in words.CAUSE_OF


def test_states_are_staying_and_the_ways_out_in_order_of_precedence():
    assert words.STATES == ("masih_peserta", "mandiri", "alamiah", "administratif")
    assert not {words.TERSENSOR, words.SUDAH_KELUAR} & set(words.STATES)


def test_protected_components_are_components():
    assert set(words.PERLINDUNGAN) < set(words.KOMPONEN)


def test_there_are_ten_themes():
    assert len(set(words.THEMES)) == 10


def test_the_vocabulary_cannot_be_changed_by_a_room():
    with pytest.raises(TypeError):
        words.CAUSE_OF["baru"] = "mandiri"
