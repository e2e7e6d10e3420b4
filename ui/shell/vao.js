// The session of this page has ended: its address is opened again, where the form is.
(() => {
  const place = document.getElementById("dh-away");
  if (place) window.location.replace(place.dataset.to || window.location.href);
})();
