"""The password of the lists comes from where the settings say, is asked for before any work, and opens what comes back."""

import pytest
from typer.testing import CliRunner

from pkh_graduation.cli.app import app
from pkh_graduation.monitoring.deliveries import read_delivery
from pkh_graduation.outputs.locked import LockError, check_lock
from pkh_graduation.workflows.passwords import SECRETS, check, list_password, unlocker
from pkh_graduation.workflows.settings import Lists, SettingsError

PASSWORD = "sandi panjang 2026"
runner = CliRunner()


def test_the_password_is_read_where_the_settings_say(tmp_path, monkeypatch):
    assert list_password(Lists()) is None
    monkeypatch.setenv("PKH_SANDI", PASSWORD)
    assert list_password(Lists(password_env="PKH_SANDI")) == PASSWORD
    file = tmp_path / "sandi"
    file.write_text(PASSWORD + "\n")
    assert list_password(Lists(password_file=str(file))) == PASSWORD
    with pytest.raises(SettingsError, match="keep one"):
        list_password(Lists(password_env="PKH_SANDI", password_file=str(file)))
    monkeypatch.delenv("PKH_SANDI")
    file.unlink()
    for wrong in (Lists(password_env="PKH_SANDI"), Lists(password_file=str(file))):
        with pytest.raises(SettingsError, match="holds no password"):
            list_password(wrong)
    assert set(Lists.model_fields) >= SECRETS
    with pytest.raises(SettingsError, match="holds no password") as told:
        list_password(Lists(password_env=PASSWORD))
    assert PASSWORD not in str(told.value)


def test_blanks_and_one_character_repeated_protect_nothing():
    for weak in (" " * 12, "aaaaaaaaaaaa", "   rahasia   ", "abababababab"):
        with pytest.raises(LockError, match="too easily guessed") as told:
            check_lock(weak, ("html",))
        assert weak not in str(told.value)
    check_lock(PASSWORD, ("html",))


def test_a_command_says_at_once_that_lists_cannot_be_locked(tmp_path, monkeypatch):
    settings = tmp_path / "pkh.toml"
    settings.write_text('[lists]\npassword_env = "PKH_SANDI"\n')
    words = ["lists", "--as-of", "2026-T4", "--out", str(tmp_path / "o"), "--settings", str(settings)]
    done = runner.invoke(app, words)
    assert done.exit_code == 2
    assert "PKH_SANDI holds no password" in done.stderr
    monkeypatch.setenv("PKH_SANDI", "rahasia")
    done = runner.invoke(app, words)
    assert done.exit_code == 2
    assert "10 or more" in done.stderr and "rahasia" not in done.output
    settings.write_text('[lists]\npassword_env = "PKH_SANDI"\npdf = true\n')
    monkeypatch.setenv("PKH_SANDI", PASSWORD)
    done = runner.invoke(app, words)
    assert done.exit_code == 2 and "cannot be locked" in done.stderr and PASSWORD not in done.output


def test_a_locked_workbook_comes_back_as_an_open_one_does(tmp_path, monkeypatch):
    pytest.importorskip("msoffcrypto", reason="the extra `sandi` is not installed")
    import io

    import xlsxwriter

    from pkh_graduation.outputs.locked import lock_workbook

    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as made:
        made.add_worksheet("Lain").write_string(0, 0, "bukan daftar")
    plain, shut = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    plain.write_bytes(book.getvalue())
    shut.write_bytes(lock_workbook(book.getvalue(), PASSWORD))
    monkeypatch.setenv("PKH_SANDI", PASSWORD)
    unlock = unlocker(Lists(password_env="PKH_SANDI"))
    expected = [row.rule for row in read_delivery(plain, unlock).rows]
    assert expected == ["bukan_daftar"]
    assert [row.rule for row in read_delivery(shut, unlock).rows] == expected
    assert [row.rule for row in read_delivery(shut).rows] == ["berkas_tak_terbaca"]
    monkeypatch.setenv("PKH_SANDI", PASSWORD + "!")
    wrong = unlocker(Lists(password_env="PKH_SANDI"))
    assert [row.rule for row in read_delivery(shut, wrong).rows] == ["berkas_tak_terbaca"]
    assert [row.rule for row in read_delivery(plain, wrong).rows] == expected


def test_lists_without_a_password_need_no_check(monkeypatch):
    check(Lists(), ("xlsx", "pdf"))
    monkeypatch.setenv("PKH_SANDI", PASSWORD)
    with pytest.raises(LockError):
        check(Lists(password_env="PKH_SANDI"), ("xlsx", "pdf"))
