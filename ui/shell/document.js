// What a screen's own HTML cannot do by itself: links within the app open without loading the page
// anew, what was opened comes into view with the focus on it, and a table is sorted by its headers.
(() => {
  // -- links: an ordinary click on an ordinary link of this app -------------------------------
  const link = (event) => {
    const odd = event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    const found = odd || event.defaultPrevented ? null : event.target.closest(".stHtml a[href]");
    if (!found || found.target || found.origin !== location.origin) return null;
    const here = found.pathname === location.pathname && found.search === location.search;
    return here && found.hash ? null : found;
  };

  document.addEventListener("click", (event) => {
    const found = link(event);
    if (!found) return;
    event.preventDefault();
    history.pushState({}, "", found.href);
    dispatchEvent(new PopStateEvent("popstate", { state: {} }));
    leadTo(found.dataset.to);
  });

  // -- rows: a click anywhere in a row is a click on its link, but not the end of marking text ----
  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr.dh-opens");
    if (!row || event.target.closest("a, button, details") || !getSelection().isCollapsed) return;
    const { ctrlKey, metaKey, shiftKey } = event;
    const again = { bubbles: true, cancelable: true, ctrlKey, metaKey, shiftKey };
    row.querySelector("a.dh-row").dispatchEvent(new MouseEvent("click", again));
  });

  // Up and down move between rows, and open nothing.
  document.addEventListener("keydown", (event) => {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const row = step && event.target.closest("a.dh-row")?.closest("tr");
    if (!row) return;
    event.preventDefault();
    const place = row[step]?.querySelector("a.dh-row") ?? event.target;
    place.focus();
    awaited = place.id; // a screen that is still being drawn does not take it away
  });

  // Left and right go to the neighbours of what is open, wherever nothing is being typed.
  document.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: "a.dh-before", ArrowRight: "a.dh-after" }[event.key];
    const odd = !way || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
    const own = "input, textarea, select, [contenteditable], [role=tab], [role=slider], audio, video";
    if (odd || event.target.closest(own)) return;
    const to = document.querySelector(way);
    if (!to) return;
    event.preventDefault();
    to.click();
  });

  // "/" opens the search, wherever nothing is being typed.
  document.addEventListener("keydown", (event) => {
    const odd = event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey;
    if (odd || event.target.closest("input, textarea, select, [contenteditable]")) return;
    const to = document.querySelector('[data-testid="stTopNavLink"][href$="/tim"], a[href$="/tim"]');
    if (!to) return;
    event.preventDefault();
    to.click();
    seek();
  });

  // The field of the search has the focus as soon as it is there.
  const seek = (tries = 100) => {
    const field = document.querySelector(".st-key-search_text input");
    if (field) field.focus();
    else if (tries) setTimeout(() => seek(tries - 1), 50);
  };

  // -- focus: the place that a link leads to, as soon as it is there and as long as it is drawn
  // anew; whatever the reader does next ends it -------------------------------------------------
  let awaited = null;

  const leadTo = (id) => {
    awaited = id || null;
    arrive();
  };

  const arrive = () => {
    const place = awaited && document.getElementById(awaited);
    if (!place || place === document.activeElement) return;
    if (place.tabIndex < 0) place.tabIndex = -1;
    place.scrollIntoView({ block: place.tabIndex < 0 ? "start" : "center" });
    place.focus({ preventScroll: true });
  };

  for (const act of ["keydown", "pointerdown", "wheel", "touchmove"]) {
    addEventListener(act, () => (awaited = null), { capture: true, passive: true });
  }

  // A place may be there before it can be seen, and lose the focus to nothing when it is drawn anew.
  new MutationObserver(arrive).observe(document.documentElement, {
    attributeFilter: ["class", "style", "hidden", "inert"],
    childList: true,
    subtree: true,
  });
  addEventListener("focusout", (event) => event.relatedTarget || requestAnimationFrame(arrive));

  // -- sorting: by the values that cells carry, empty ones last -------------------------------
  const value = (row, column) => row.cells[column]?.dataset.v ?? "";

  const compare = (a, b) => {
    if (a === "" || b === "") return (a === "") - (b === "");
    const numbers = Number(a) - Number(b);
    return Number.isNaN(numbers) ? a.localeCompare(b, "vi") : numbers;
  };

  document.addEventListener("click", (event) => {
    const head = event.target.closest(".dh-sort")?.closest("th");
    if (!head) return;
    const body = head.closest("table").tBodies[0];
    const down = head.ariaSort === "ascending" ? -1 : 1;
    const rows = [...body.rows].sort((one, other) => {
      const [a, b] = [value(one, head.cellIndex), value(other, head.cellIndex)];
      return a === "" || b === "" ? compare(a, b) : down * compare(a, b);
    });
    for (const each of head.parentElement.cells) each.removeAttribute("aria-sort");
    head.ariaSort = down > 0 ? "ascending" : "descending";
    body.append(...rows);
  });

  // -- Streamlit's own English words where the server is away, for instance started anew -----------
  const AWAY =
    "Máy chủ đang khởi động lại, hoặc mạng bị ngắt. Số liệu trên màn hình là của lần tải gần nhất; " +
    "trang tự nối lại. Nếu sau vài phút vẫn vậy, hãy báo người quản trị.";

  const speak = () => {
    const title = document.querySelector('[role="dialog"] h2[slot="title"]');
    if (title?.textContent === "Connection error") {
      title.firstChild.nodeValue = "Mất kết nối tới Đúng Hạn";
      title.nextElementSibling.dataset.dhAway = AWAY;
      title.parentElement.querySelector("button")?.setAttribute("aria-label", "Đóng");
    }
    const status = document.querySelector('[data-testid="stConnectionStatus"] label')?.firstChild;
    if (status?.nodeValue?.startsWith("Connecting")) status.nodeValue = "Đang nối lại";
  };

  const whole = { childList: true, characterData: true, subtree: true };
  new MutationObserver(speak).observe(document.documentElement, whole);
})();
