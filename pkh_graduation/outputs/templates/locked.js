"use strict";
{
  const form = document.getElementById("kunci");
  const said = document.getElementById("kabar");
  const box = document.getElementById("isi");
  const field = document.getElementById("sandi");

  const bytes = (text) => Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));

  async function opened(password) {
    const all = bytes(box.textContent);
    const secret = await crypto.subtle.importKey("raw", new TextEncoder().encode(password), "PBKDF2", false, ["deriveKey"]);
    const how = { name: "PBKDF2", hash: "SHA-256", salt: all.slice(0, 16), iterations: Number(box.dataset.putaran) };
    const key = await crypto.subtle.deriveKey(how, secret, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
    const packed = await crypto.subtle.decrypt({ name: "AES-GCM", iv: all.slice(16, 28) }, key, all.slice(28));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.textContent = "Membuka …";
    try {
      const page = await opened(field.value);
      document.open();
      document.write(page);
      document.close();
    } catch {
      said.textContent = "Kata sandi salah. Coba lagi.";
      field.select();
    }
  });

  if (!globalThis.crypto || !crypto.subtle || !globalThis.DecompressionStream) {
    said.textContent = "Peramban ini tidak dapat membuka daftar terkunci. Buka berkas XLSX-nya, atau pakai Chrome.";
    form.hidden = true;
  }
}
