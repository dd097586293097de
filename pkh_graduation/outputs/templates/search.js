"use strict";
(function () {
  var search = document.getElementById("cari");
  var village = document.getElementById("desa");
  var count = document.getElementById("jumlah");
  if (!search || !count) { return; }
  var cards = Array.prototype.slice.call(document.querySelectorAll("article[data-cari]"));
  function show() {
    var wanted = search.value.trim().toLowerCase().split(/\s+/);
    var place = village ? village.value : "";
    var shown = 0;
    cards.forEach(function (card) {
      var text = card.getAttribute("data-cari");
      var fits = (!place || card.getAttribute("data-desa") === place) &&
        wanted.every(function (word) { return text.indexOf(word) >= 0; });
      card.hidden = !fits;
      if (fits) { shown += 1; }
    });
    count.textContent = shown + " dari " + cards.length + " keluarga ditampilkan";
  }
  search.addEventListener("input", show);
  if (village) { village.addEventListener("change", show); }
  show();
})();
