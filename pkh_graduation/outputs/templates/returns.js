/* The short text of a page's answers, as programme/returns.py writes it; a test holds both to the same letters. */
var PKH = (function () {
  var signs = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  function note(text) {
    var bare = text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").replace(/[\u2010-\u2015\u2212]/g, "-");
    var spaced = bare.replace(/[^A-Za-z0-9 .,()-]+/g, " ").replace(/ +/g, " ").replace(/^ | $/g, "");
    spaced = spaced.replace(
      /\d(?:(?: ?- ?|[ .,()])?\d){14,}|(?:62|0)(?: ?- ?|[ .,()])?8[1-9](?:(?: ?- ?|[ .,()])?\d){6,}|8[1-9](?:[ -]?\d){7,}|\(?0\d{2,3}\)?[ .-]{0,2}\d{5,8}|\d{9,}|\d{3,5}(?:[ -]\d{3,5}){2,}/g,
      "(nomor dihapus)");
    return spaced.slice(0, 200).replace(/^ +| +$/g, "");
  }
  function check(body) {
    var crc = -1, text = body.toUpperCase(), out = "";
    for (var place = 0; place < text.length; place += 1) {
      crc ^= text.charCodeAt(place);
      for (var bit = 0; bit < 8; bit += 1) { crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0); }
    }
    var left = (crc ^ -1) >>> 0;
    for (var sign = 0; sign < 7; sign += 1) { out = signs.charAt(left % 32) + out; left = Math.floor(left / 32); }
    return out;
  }
  function encode(list, rows) {
    var lines = ["PKH1", list].concat(rows.map(function (row) {
      var letters = (row.hasil || "-") + (row.keputusan_keluarga || "-") + (row.keputusan || "-");
      return row.baris + "/" + letters + "/" + ((row.tanggal || "").replace(/-/g, "") || "-") + "/" + note(row.catatan || "");
    }));
    return lines.concat("=" + check(lines.join("|"))).join("|\n");
  }
  return { note: note, check: check, encode: encode };
})();
