// The show of a deck (.dh-deck, put into the page by pages/presenting). All its slides are copied over
// whatever screen is there: the next one is shown without asking anybody, a live screen is opened
// below them, and coming back is only to show them again.
(() => {
  const TYPING = "input, textarea, select, [contenteditable], [role=combobox]";
  let show = null; // while a deck is shown, also while a live screen is looked at

  // -- the slides -----------------------------------------------------------------------------
  const make = (name, id, text = "") => {
    const found = document.createElement(name);
    found.id = id;
    found.textContent = text;
    return found;
  };

  const take = (deck) => {
    const shown = [...deck.querySelectorAll(".dh-slide:not([data-hidden])")];
    show.slides = shown.map((slide) => slide.cloneNode(true));
    show.root.replaceChildren(...show.slides, show.typed);
  };

  const begin = (deck, at, speaker) => {
    if (show) end();
    const root = make("div", "dh-show");
    root.tabIndex = -1;
    root.setAttribute("role", "region");
    root.setAttribute("aria-label", "Trình chiếu");
    const back = make("button", "dh-back");
    back.type = "button";
    back.hidden = true;
    back.addEventListener("click", forth);
    const typed = make("div", "dh-typed");
    typed.setAttribute("aria-live", "polite");
    const { here, seconds } = deck.dataset;
    show = { root, back, typed, here, seconds: Number(seconds), at, begun: Date.now(), away: false };
    take(deck);
    if (!show.slides.length) return (show = null);
    root.classList.toggle("dh-dark", isDark());
    document.body.append(root, back);
    document.getElementById("root")?.setAttribute("inert", "");
    go(at);
    root.focus();
    // A click opens one of the two: a browser takes the second for unasked.
    if (speaker) openSpeaker();
    else fill();
  };

  // -- the whole screen: a browser takes the first Esc for itself, and a new window ends it -----------
  const FILL = "bấm F để chiếu toàn màn hình";

  const fill = () => document.documentElement.requestFullscreen?.().catch(() => say(`Hãy ${FILL}`));

  document.addEventListener("fullscreenchange", () => {
    if (show && !show.away && !document.fullscreenElement && !show.root.hidden)
      say(`Đã rời toàn màn hình: ${FILL}, bấm Esc để kết thúc`);
  });

  const isDark = () => getComputedStyle(document.querySelector(".stApp")).colorScheme === "dark";

  const go = (at) => {
    show.at = Math.max(0, Math.min(show.slides.length - 1, at));
    show.slides.forEach((slide, place) => slide.toggleAttribute("data-now", place === show.at));
    tellSpeaker();
  };

  const end = () => {
    const { root, back, here } = show;
    stopTurning();
    show.window?.close();
    clearInterval(show.ticking);
    root.remove();
    back.remove();
    show = null;
    document.getElementById("root")?.removeAttribute("inert");
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    if (!isHere(here)) open(here);
    document.querySelector(".dh-present")?.focus();
  };

  // -- the live screen behind a slide, and back --------------------------------------------------
  const isHere = (href) => new URL(href, location.href).pathname === location.pathname;

  const open = (href) => {
    history.pushState({}, "", new URL(href, location.href));
    dispatchEvent(new PopStateEvent("popstate", { state: {} }));
  };

  const leave = (href, place) => {
    stopTurning();
    show.away = true;
    show.root.hidden = true;
    document.getElementById("root")?.removeAttribute("inert");
    show.back.textContent = `◀ Về trang chiếu ${show.at + 1} (phím O)`;
    show.back.hidden = false;
    if (href) open(href);
    if (place) document.querySelector(place)?.focus();
  };

  const live = () => {
    const href = show.slides[show.at].dataset.live;
    if (href) leave(href);
    else say("Trang này không có màn hình số liệu");
  };

  const note = () => leave(isHere(show.here) ? "" : show.here, ".stTextArea textarea[aria-label^='Việc giao']");

  const forth = () => {
    const { key } = show.slides[show.at].dataset;
    const deck = document.querySelector(".dh-deck");
    if (deck) take(deck); // what was noted meanwhile has its slide
    const again = show.slides.findIndex((slide) => slide.dataset.key === key);
    show.away = false;
    show.back.hidden = true;
    show.root.hidden = false;
    document.getElementById("root")?.setAttribute("inert", "");
    go(again < 0 ? show.at : again);
    show.root.focus();
  };

  // -- turning by itself ----------------------------------------------------------------------
  const stopTurning = () => {
    clearInterval(show.turning);
    show.turning = null;
  };

  const turn = () => {
    if (show.turning) {
      stopTurning();
      return say("Đã dừng tự chuyển trang");
    }
    show.turning = setInterval(() => {
      if (show.at + 1 < show.slides.length) go(show.at + 1);
      else stopTurning();
    }, show.seconds * 1000);
    say(`Tự chuyển trang, ${show.seconds} giây một trang`);
  };

  const say = (text) => {
    show.typed.textContent = text;
    clearTimeout(show.saying);
    show.saying = setTimeout(() => show && (show.typed.textContent = ""), 2000 + 60 * text.length);
  };

  // -- the speaker's window: a page of the same origin, written from here -------------------------
  const openSpeaker = () => {
    const found = open_();
    if (!found) return say("Trình duyệt chặn cửa sổ mới: hãy cho phép rồi bấm S");
    show.window = found;
    const page = found.document;
    page.documentElement.lang = "vi";
    page.title = "Người nói · Đúng Hạn";
    page.head.replaceChildren();
    for (const sheet of document.querySelectorAll("link[rel=stylesheet][href*=giao-dien]")) {
      const link = page.createElement("link");
      link.rel = "stylesheet";
      link.href = sheet.href;
      page.head.append(link);
    }
    page.body.className = "dh-speaker dh-dark";
    page.onkeydown = keys;
    if (!document.fullscreenElement) say(`Kéo cửa sổ người nói sang màn hình khác, rồi ${FILL}`);
    clearInterval(show.ticking);
    show.ticking = setInterval(tick, 1000);
    tellSpeaker();
  };

  const open_ = () => window.open("", "dh-speaker", "popup,width=1200,height=760");

  const part = (page, name, style, text) => {
    const found = page.createElement(name);
    found.className = style;
    if (text) found.textContent = text;
    return found;
  };

  const tellSpeaker = () => {
    const page = show.window && !show.window.closed && show.window.document;
    if (!page) return;
    const [now, next] = [show.slides[show.at], show.slides[show.at + 1]];
    const main = part(page, "main", "");
    const left = part(page, "div", "");
    const right = part(page, "div", "");
    const clock = part(page, "div", "dh-w-clock");
    clock.append(part(page, "div", "dh-w-now"), part(page, "div", "dh-w-gone"));
    const notes = part(page, "div", "dh-w-notes");
    notes.append(...[...now.querySelector(".dh-s-notes").childNodes].map((one) => page.importNode(one, true)));
    left.append(part(page, "h2", "dh-w", `Trang ${now.dataset.place}`), copy(page, now));
    left.append(part(page, "h2", "dh-w", "Ghi chú"), notes);
    right.append(clock, part(page, "h2", "dh-w", "Trang sau"));
    right.append(next ? copy(page, next) : part(page, "p", "dh-w-end", "Hết trang."));
    main.append(left, right);
    page.body.replaceChildren(main);
    tick();
  };

  const copy = (page, slide) => {
    const found = page.importNode(slide, true);
    found.removeAttribute("data-now");
    return found;
  };

  const tick = () => {
    const page = show?.window && !show.window.closed && show.window.document;
    const now = page && page.querySelector(".dh-w-now");
    if (!now) return;
    const two = (number) => String(number).padStart(2, "0");
    const time = new Date();
    const gone = Math.floor((time - show.begun) / 1000);
    const say = (place, text, words) => {
      const small = part(page, "small", "", words);
      place.replaceChildren(text, small);
    };
    say(now, `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`, "bây giờ");
    say(page.querySelector(".dh-w-gone"), `${two(Math.floor(gone / 60))}:${two(gone % 60)}`, "đã trình bày");
  };

  // -- keys -------------------------------------------------------------------------------------
  const DOES = {
    ArrowRight: () => go(show.at + 1),
    ArrowDown: () => go(show.at + 1),
    PageDown: () => go(show.at + 1),
    ArrowLeft: () => go(show.at - 1),
    ArrowUp: () => go(show.at - 1),
    PageUp: () => go(show.at - 1),
    Backspace: () => go(show.at - 1),
    Home: () => go(0),
    End: () => go(show.slides.length - 1),
    Escape: () => end(),
    o: live,
    n: note,
    s: () => openSpeaker(),
    a: turn,
    d: () => show.root.classList.toggle("dh-dark"),
    f: () => (document.fullscreenElement ? document.exitFullscreen().catch(() => {}) : fill()),
  };

  const keys = (event) => {
    if (!show || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (show.away) {
      if (key !== "o" || event.target.closest?.(TYPING)) return;
      event.preventDefault();
      event.stopPropagation();
      return forth();
    }
    const digits = show.digits ?? "";
    const does = key === " " ? () => go(show.at + (event.shiftKey ? -1 : 1)) : DOES[key];
    if (/^\d$/.test(key)) {
      show.digits = (digits + key).slice(-3);
      say(show.digits);
    } else if (key === "Enter") {
      show.digits = "";
      show.typed.textContent = "";
      if (digits) go(Number(digits) - 1);
      else live();
    } else if (does) {
      show.digits = "";
      does();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  document.addEventListener("keydown", keys, true);

  // -- the mouse ----------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".dh-present");
    const slide = event.target.closest(".dh-deck .dh-slide:not([data-hidden])");
    const deck = button ? document.querySelector(".dh-deck") : slide?.closest(".dh-deck");
    if (deck && !show) {
      const shown = [...deck.querySelectorAll(".dh-slide:not([data-hidden])")];
      begin(deck, slide ? shown.indexOf(slide) : 0, button?.dataset.speaker);
    } else if (show && !show.away && event.target.closest("#dh-show")) {
      go(show.at + (event.clientX < innerWidth / 4 ? -1 : 1));
    }
  });

  document.addEventListener("mousemove", () => {
    if (!show) return;
    show.root.toggleAttribute("data-moving", true);
    clearTimeout(show.moving);
    show.moving = setTimeout(() => show?.root.removeAttribute("data-moving"), 2000);
  });
})();
