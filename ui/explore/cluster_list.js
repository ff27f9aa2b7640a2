// The clusters as a list of buttons. Built with textContent and attributes only: a name is never read as HTML.
const shown = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector("ul")
  list.classList.toggle("short", data.short)
  if (shown.get(parentElement) === data.token) return
  shown.set(parentElement, data.token)
  const at = list.scrollTop
  list.replaceChildren(...data.rows.map((row) => entry(row, () => setTriggerValue("choose", row.number))))
  list.scrollTop = at
  const pressed = list.querySelector("[aria-pressed=true]")
  if (!pressed) return
  const { offsetTop, offsetHeight } = pressed // in sight, without moving the page
  if (offsetTop < list.scrollTop || offsetTop + offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = offsetTop - 3
}

function entry(row, choose) {
  const item = element("li"), button = element("button")
  button.type = "button"
  button.setAttribute("aria-pressed", String(row.chosen))
  button.onclick = choose
  const picture = element(row.src ? "img" : "span", "picture")
  if (row.src) Object.assign(picture, { src: row.src, alt: "", decoding: "async" })
  const dot = element("span", "dot"), head = element("span", "head"), words = element("span", "words")
  dot.style.background = row.colour ?? ""
  if (row.colour) head.append(dot)
  head.append(element("span", "name", row.name), element("span", "size", row.size))
  words.append(head, element("span", "about", row.about))
  button.append(picture, words)
  item.append(button)
  return item
}

function element(tag, className = "", text = "") {
  const made = document.createElement(tag)
  if (tag === "img") made.onerror = retry
  if (className) made.className = className
  if (text) made.textContent = text
  return made
}
