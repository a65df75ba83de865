// What stands after the # of a mailed link goes into the form, and out of the address bar.
// Browsers send it to no server: it is in no log, and no page is told where somebody came from.
"use strict";
const token = new URLSearchParams(location.hash.slice(1)).get("token");
const field = document.getElementById("link");
if (token && field) {
  field.value = token;
  document.querySelector("nav.language a").hash = location.hash;
  history.replaceState(null, "", location.pathname + location.search);
}
if (field && field.value) {
  document.querySelector('[data-field="link"]').hidden = true;
}
