// Builds elements. Data only ever becomes text nodes and attributes, so it needs no escaping.

const svgNames = new Set(["svg", "g", "path", "line", "rect", "circle", "text", "title"]);

/** An element: `h("p.note", { id: "x", onclick: f }, "text", child)`. Children that are null or false are left out. */
export function h(selector, ...rest) {
  const [name, ...classes] = selector.split(".");
  const element = svgNames.has(name)
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  const first = rest[0];
  if (first && typeof first === "object" && !(first instanceof Node) && !Array.isArray(first)) {
    rest.shift();
    for (const [key, value] of Object.entries(first)) {
      if (value === null || value === undefined || value === false) continue;
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else if (key.startsWith("--")) element.style.setProperty(key, value);
      else element.setAttribute(key, value === true ? "" : value);
    }
  }
  append(element, rest);
  return element;
}

function append(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(element, child);
    else element.append(child instanceof Node ? child : String(child));
  }
}

/** Replaces all children. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** Sets a text, and changes the document only if the text differs. */
export function say(element, text) {
  const value = String(text);
  if (element.textContent !== value) element.textContent = value;
}

/** An address or an id that a click copies. */
export function copyable(text, shown = text) {
  return h("button.copy", {
    type: "button", title: `Copy ${text}`, "aria-label": `Copy ${text}`,
    onclick: async (event) => {
      event.stopPropagation();
      try {
        await navigator.clipboard.writeText(text);
        note(`Copied ${text}`);
      } catch {
        note(`This browser does not allow the page to copy: ${text}`);
      }
    },
  }, shown);
}

/** A short message that disappears after a few seconds. */
export function note(text) {
  const element = h("p", text);
  const notes = document.getElementById("notes");
  notes.append(element);
  while (notes.children.length > 3) notes.firstChild.remove();
  setTimeout(() => element.remove(), 6000);
}

/**
 * Keeps the rows of a table body in step with a list: rows that stay are updated where they are, so that focus stays too.
 * `make(item)` returns an element, `update(element, item)` fills it.
 */
export function keyed(body, items, key, make, update) {
  const old = body.rowsByKey ?? new Map();
  const now = new Map();
  let place = body.firstElementChild;
  for (const item of items) {
    const name = key(item);
    const row = old.get(name) ?? make(item);
    update(row, item);
    now.set(name, row);
    if (row === place) place = place.nextElementSibling;
    else body.insertBefore(row, place);
  }
  for (const [name, row] of old) if (!now.has(name)) row.remove();
  body.rowsByKey = now;
}
