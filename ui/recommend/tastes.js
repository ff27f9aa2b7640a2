// Tastes and their likes: pictures that open, each with a button that removes it.
// Built with textContent and attributes only: a file name is never read as HTML.
const shown = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  if (shown.get(parentElement) === data.token) return
  shown.set(parentElement, data.token)
  parentElement.querySelector(".tastes").replaceChildren(...data.groups.map((group) => section(group, setTriggerValue)))
}

function section(group, setTriggerValue) {
  const made = element("section", "", { "aria-label": group.title })
  const head = element("div", "head")
  head.append(element("span", "title", {}, group.title), element("span", "share", {}, group.share))
  made.append(head)
  if (group.words) made.append(element("div", "words", { title: group.words_title }, group.words))
  const list = element("ul", "", { role: "list" })
  list.append(...group.items.map((item) => entry(item, setTriggerValue)))
  made.append(list)
  return made
}

function entry(item, setTriggerValue) {
  const li = element("li")
  const open = element("button", "open", { type: "button", "aria-label": `Details of ${item.name}`, title: item.name })
  if (item.src) open.append(element("img", "", { src: item.src, alt: "", decoding: "async" }))
  open.onclick = () => setTriggerValue("open", item.id)
  const out = element("button", "out", { type: "button", "aria-label": `Remove ${item.name}`, title: "Remove" })
  out.onclick = () => setTriggerValue("out", item.id)
  li.append(open, out)
  return li
}

function element(tag, className = "", attributes = {}, text = "") {
  const made = document.createElement(tag)
  if (tag === "img") made.onerror = retry
  if (className) made.className = className
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  if (text) made.textContent = text
  return made
}
