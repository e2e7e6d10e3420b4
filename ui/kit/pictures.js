// A chart as a picture: what stands on the screen, drawn anew as one SVG, or painted from it as PNG.
// All of it happens in the browser; nothing is fetched, nothing is sent.
(() => {
  const NS = "http://www.w3.org/2000/svg";
  const EDGE = 16;
  const SCALE = 2;

  const shape = (name, attributes, text) => {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };

  // -- what a box shows: grounds, edges, words and pictures, each where it stands ----------------
  const drawn = (box) => {
    const group = shape("g", {});
    const from = box.getBoundingClientRect();
    const at = (rect) => [rect.left - from.left + box.scrollLeft, rect.top - from.top + box.scrollTop];

    const walk = (node) => {
      if (node.nodeType === Node.TEXT_NODE) return words(node);
      if (node.nodeType !== Node.ELEMENT_NODE) return;
      const style = getComputedStyle(node);
      if (style.display === "none" || style.visibility === "hidden") return;
      if (node.matches(".dh-heard, .modebar-container, button")) return;
      const rect = node.getBoundingClientRect();
      ground(rect, style);
      if (node instanceof SVGElement) layer(rect, node);
      else if (node.matches("img")) image(rect, node);
      else node.childNodes.forEach(walk);
    };

    const ground = (rect, style) => {
      const [x, y] = at(rect);
      if (!/^rgba\(.*, 0\)$|^transparent$/.test(style.backgroundColor)) {
        const { width, height } = rect;
        group.append(shape("rect", { x, y, width, height, fill: style.backgroundColor }));
      }
      const [right, bottom] = [x + rect.width, y + rect.height];
      const edges = { Top: [x, y, right, y], Bottom: [x, bottom, right, bottom],
        Left: [x, y, x, bottom], Right: [right, y, right, bottom] };
      for (const [side, [x1, y1, x2, y2]] of Object.entries(edges)) {
        const wide = parseFloat(style[`border${side}Width`]);
        if (!wide || style[`border${side}Style`] === "none") continue;
        const line = { x1, y1, x2, y2, stroke: style[`border${side}Color`], "stroke-width": wide };
        if (/d/.test(style[`border${side}Style`].replace("solid", ""))) line["stroke-dasharray"] = "4 3";
        group.append(shape("line", line));
      }
    };

    // A line of text keeps the width that it has on the screen, whatever letters a reader has.
    const words = (node) => {
      const range = document.createRange();
      const lines = [];
      for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
        range.setStart(node, index);
        range.setEnd(node, index + word.length);
        const rect = range.getBoundingClientRect();
        if (!rect.width) continue;
        const last = lines.at(-1);
        if (last && Math.abs(last.rect.top - rect.top) < 2) {
          last.text += ` ${word}`;
          last.right = rect.right;
        } else lines.push({ rect, text: word, right: rect.right });
      }
      const style = getComputedStyle(node.parentElement);
      for (const { rect, text, right } of lines) {
        const [x, y] = at(rect);
        group.append(shape("text", {
          x, y: y + 0.78 * rect.height, fill: style.color, "font-size": style.fontSize,
          "font-weight": style.fontWeight, "font-style": style.fontStyle,
          textLength: right - rect.left, lengthAdjust: "spacingAndGlyphs",
        }, text));
      }
    };

    const placed = (rect, made) => {
      const [x, y] = at(rect);
      const place = { x, y, width: rect.width, height: rect.height };
      for (const [key, value] of Object.entries(place)) made.setAttribute(key, value);
      group.append(made);
    };

    const layer = (rect, node) => {
      const made = node.cloneNode(true);
      made.querySelectorAll(".hoverlayer").forEach((each) => each.remove());
      placed(rect, made);
    };

    const image = (rect, node) => {
      const [kind, text] = [node.src.slice(0, 19), node.src.slice(node.src.indexOf(",") + 1)];
      if (kind !== "data:image/svg+xml,") return;
      const root = new DOMParser().parseFromString(decodeURIComponent(text), "image/svg+xml");
      placed(rect, document.importNode(root.documentElement, true));
    };

    walk(box);
    return group;
  };

  // -- what the picture is of, above it ----------------------------------------------------------
  const pen = document.createElement("canvas").getContext("2d");

  const wrapped = (text, font, width) => {
    pen.font = font;
    const lines = [];
    for (const word of text.split(/\s+/)) {
      const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
      if (lines.length && pen.measureText(longer).width <= width) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines;
  };

  const picture = (box, button) => {
    const page = getComputedStyle(document.querySelector(".stApp"));
    const inner = Math.max(box.scrollWidth, 320);
    const family = "'Source Sans', 'Segoe UI', Arial, sans-serif";
    const head = [
      ...wrapped(button.dataset.title, `600 18px ${family}`, inner).map((text) => [text, 18, 600]),
      ...wrapped(button.dataset.about, `14px ${family}`, inner).map((text) => [text, 14, 400]),
    ];
    let y = EDGE;
    const lines = head.map(([text, size, weight]) => {
      y += size * 1.35;
      const place = { x: EDGE, y: y - size * 0.35, fill: page.color };
      return shape("text", { ...place, "font-size": size, "font-weight": weight }, text);
    });
    const [width, height] = [inner + 2 * EDGE, y + EDGE / 2 + box.scrollHeight + EDGE];
    const made = shape("svg", { xmlns: NS, width, height, viewBox: `0 0 ${width} ${height}`,
      "font-family": family });
    const ground = page.backgroundColor;
    made.append(shape("title", {}, `${button.dataset.title}. ${button.dataset.about}`));
    made.append(shape("rect", { width, height, fill: ground }), ...lines);
    const chart = drawn(box);
    chart.setAttribute("transform", `translate(${EDGE} ${y + EDGE / 2})`);
    made.append(chart);
    return { width, height, text: new XMLSerializer().serializeToString(made) };
  };

  // -- paper: a chart keeps its shape and gets the width that there is; plotly clips it ------------
  const fitted = (each) => {
    for (const layer of each.querySelectorAll(":scope > .main-svg")) {
      const [width, height] = ["width", "height"].map((name) => layer.getAttribute(name));
      layer.setAttribute("viewBox", `0 0 ${width} ${height}`);
      each.style.setProperty("--dh-width", `${width}px`);
      each.style.setProperty("--dh-shape", width / height);
    }
  };

  addEventListener("beforeprint", () => document.querySelectorAll(".svg-container").forEach(fitted));
  addEventListener("afterprint", () => {
    document.querySelectorAll(".main-svg").forEach((each) => each.removeAttribute("viewBox"));
  });

  // -- the click -----------------------------------------------------------------------------------
  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };

  const painted = async ({ width, height, text }) => {
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width * SCALE, height * SCALE];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-dh-picture]");
    const box = button && document.querySelector(button.dataset.dhPicture);
    if (!box) return;
    const found = picture(box, button);
    const kind = button.dataset.kind;
    const vector = () => new Blob([found.text], { type: "image/svg+xml" });
    save(kind === "svg" ? vector() : await painted(found), `${button.dataset.name}.${kind}`);
  });
})();
