(function () {
  var byId = function (id) { return document.getElementById(id); };
  var root = document.documentElement, list = document.body.getAttribute("data-daftar");
  var search = byId("cari"), village = byId("desa"), shown = byId("tampil"), count = byId("jumlah");
  if (!search || !count || !list) { return; }
  var cards = Array.prototype.slice.call(document.querySelectorAll("article[data-baris]"));
  var key = "pkh-daftar-" + list, answers = {}, kept = true;
  function read(name) { try { return localStorage.getItem(name); } catch (error) { kept = false; return null; } }
  function write(name, value) { try { localStorage.setItem(name, value); } catch (error) { kept = false; } }
  try { answers = JSON.parse(read(key) || "{}"); } catch (error) { answers = {}; }

  function asked(text) {
    return search.value.trim().toLowerCase().split(/\s+/).every(function (word) { return text.indexOf(word) >= 0; });
  }
  function fits(card) {
    var text = card.querySelector("h2").parentNode.textContent.toLowerCase(), row = card.getAttribute("data-baris"), want = shown ? shown.value : "";
    return (!village || !village.value || card.getAttribute("data-desa") === village.value) &&
      (!want || (want === "belum" ? !answers[row] : card.getAttribute("data-bulan") === want)) &&
      asked(text);
  }
  var lines = Array.prototype.slice.call(document.querySelectorAll("#semua td:first-child"));
  function show() {
    var seen = 0, below = 0;
    cards.forEach(function (card) { card.hidden = !fits(card); seen += card.hidden ? 0 : 1; });
    lines.forEach(function (name) {
      var found = asked(name.textContent.toLowerCase());
      name.parentNode.hidden = !found; below += found ? 1 : 0;
    });
    count.textContent = seen + " dari " + cards.length + " keluarga ditampilkan" +
      (search.value.trim() ? "; " + below + " di seluruh dampingan" : "");
  }
  function answer() {
    var narrow = byId("saring");
    show();
    if (narrow.getBoundingClientRect().top < 0) { narrow.scrollIntoView(); }
  }
  [[search, "input"], [village, "change"], [shown, "change"]].forEach(function (pair) {
    if (pair[0]) { pair[0].addEventListener(pair[1], answer); }
  });

  var large = byId("besar");
  function grow(on) { root.classList.toggle("besar", on); large.setAttribute("aria-pressed", String(on)); }
  grow(read("pkh-huruf") === "besar");
  large.addEventListener("click", function () {
    var on = !root.classList.contains("besar");
    grow(on); write("pkh-huruf", on ? "besar" : "biasa");
  });

  var mold = byId("isian"), bar = byId("hasil"), sheet = byId("kirim"), text = byId("teks"), said = byId("kabar");
  function filled(row) { return row && Object.keys(row).some(function (name) { return row[name]; }); }
  function done() { return cards.filter(function (card) { return answers[card.getAttribute("data-baris")]; }).length; }
  function tell() {
    var number = done();
    bar.hidden = !number;
    byId("banyak").textContent = number + " hasil dicatat" + (kept ? "" : " (belum tersimpan di telepon ini: salin sebelum menutup)");
  }
  function mark(card) {
    var row = answers[card.getAttribute("data-baris")], button = card.querySelector(".catat");
    button.textContent = row ? "Ubah hasil yang dicatat" : "Catat hasil kunjungan";
    card.classList.toggle("selesai", Boolean(row));
  }
  function open(card) {
    var row = card.getAttribute("data-baris"), before = card.querySelector("form"), button = card.querySelector(".catat");
    if (before) { before.remove(); button.setAttribute("aria-expanded", "false"); return; }
    var form = mold.content.firstElementChild.cloneNode(true), held = answers[row] || {};
    Array.prototype.forEach.call(form.elements, function (field) {
      if (field.name && held[field.name]) { field.value = held[field.name]; }
    });
    form.addEventListener("submit", function (event) { event.preventDefault(); open(card); button.focus(); });
    form.addEventListener("input", function () {
      var now = {};
      Array.prototype.forEach.call(form.elements, function (field) { if (field.name) { now[field.name] = field.value; } });
      if (filled(now)) { answers[row] = now; } else { delete answers[row]; }
      write(key, JSON.stringify(answers)); mark(card); tell();
    });
    card.appendChild(form); button.setAttribute("aria-expanded", "true");
    form.elements[0].focus();
  }
  cards.forEach(function (card) {
    var button = document.createElement("button");
    button.type = "button"; button.className = "catat"; button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", function () { open(card); });
    card.appendChild(button); mark(card);
  });

  function result() {
    var rows = cards.map(function (card) { return card.getAttribute("data-baris"); }).filter(function (row) { return answers[row]; });
    return PKH.encode(list, rows.map(function (row) { return Object.assign({ baris: row }, answers[row]); }));
  }
  function copy() {
    text.focus(); text.select();
    var good = false;
    try { good = document.execCommand("copy"); } catch (error) { good = false; }
    said.textContent = good ? "Teks sudah disalin. Tempel di WhatsApp dan kirim ke koordinator." : "Tekan lama pada teks, pilih semua, lalu salin.";
  }
  byId("buka").addEventListener("click", function () {
    text.value = result(); said.textContent = "";
    byId("bagi").hidden = !navigator.share;
    if (sheet.showModal) { sheet.showModal(); } else { sheet.setAttribute("open", ""); }
  });
  byId("salin").addEventListener("click", copy);
  byId("bagi").addEventListener("click", function () { navigator.share({ text: text.value }).catch(copy); });
  byId("tutup").addEventListener("click", function () { if (sheet.close) { sheet.close(); } else { sheet.removeAttribute("open"); } });
  byId("hapus").addEventListener("click", function () {
    if (!confirm("Hapus semua hasil yang dicatat di telepon ini? Pastikan teksnya sudah terkirim.")) { return; }
    answers = {}; write(key, "{}");
    cards.forEach(function (card) { var form = card.querySelector("form"); if (form) { form.remove(); } mark(card); });
    tell(); byId("tutup").click();
  });
  tell(); show();
})();
