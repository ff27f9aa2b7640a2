// A feed of cards with opinions. Cards are kept by id: those that stay keep their picture, their focus and, moving,
// their way is shown. Built with textContent and attributes only: a file name is never read as HTML.
const rooms = new WeakMap()
const KEPT = 40 // clicks that are told again and again, so that none is lost while the page is busy

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let room = rooms.get(parentElement)
  if (!room) {
    room = { token: "", cards: new Map(), said: [], count: 0, mount: Math.random().toString(36).slice(2) }
    rooms.set(parentElement, room)
  }
  room.tell = (id, what) => {
    room.said = [...room.said, [++room.count, id, what]].slice(-KEPT)
    setStateValue("said", { mount: room.mount, list: room.said })
  }
  room.trigger = setTriggerValue
  if (room.token === data.token) return
  room.token = data.token
  const list = parentElement.querySelector("ul")
  const before = new Map([...room.cards].map(([id, li]) => [id, li.getBoundingClientRect()]))
  const focus = parentElement.activeElement ?? document.activeElement
  const cards = data.cards.map((card) => [card.id, fill(room.cards.get(card.id) ?? element("li"), card, data, room)])
  room.cards = new Map(cards)
  list.replaceChildren(...cards.map(([, li]) => li))
  if (focus?.isConnected && list.contains(focus)) focus.focus({ preventScroll: true })
  if (room.turn !== undefined && room.turn !== data.turn && list.getBoundingClientRect().top < 0) list.scrollIntoView()
  room.turn = data.turn
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) move(room.cards, before)
}

function fill(li, card, data, room) {
  const parts = (li.parts ??= frame(li, card, room))
  li.className = card.said
  for (const [what, button] of Object.entries(parts.says)) button.setAttribute("aria-pressed", String(card.said === what))
  parts.why.replaceChildren(...because(card, data.small, room))
  parts.score.textContent = card.score
  parts.score.title = card.score_title
  return li
}

function frame(li, card, room) {
  const open = element("button", "open", { type: "button", "aria-label": `Details of ${card.video ? "the video " : ""}${card.name}`, title: card.name })
  if (card.src) open.append(element("img", "", { src: card.src, alt: card.name, decoding: "async" }))
  else open.append(element("span", "gone", {}, card.note))
  if (card.video) open.append(element("span", "play", { "aria-hidden": "true" }), element("span", "length", {}, card.video))
  open.onclick = () => room.trigger("open", card.id)
  const says = { like: say("like", "Like", card, li, room), dislike: say("dislike", "Dislike", card, li, room) }
  const more = element("button", "more", { type: "button", "aria-label": `More like ${card.name}` }, "More like this")
  more.onclick = () => room.trigger("more", card.id)
  const row = element("div", "says"), why = element("div", "why"), score = element("span", "score")
  row.append(says.like, says.dislike, more)
  const foot = element("div", "foot")
  foot.append(why, score)
  li.append(open, row, foot)
  return { says, why, score }
}

function say(what, label, card, li, room) {
  const button = element("button", `say ${what}`, { type: "button", "aria-label": `${label} ${card.name}`, title: label })
  button.onclick = () => {
    const now = li.className === what ? "" : what // at once; the server's answer says the same
    li.className = now
    for (const [name, each] of Object.entries(li.parts.says)) each.setAttribute("aria-pressed", String(name === now))
    room.tell(card.id, now)
  }
  return button
}

function because(card, small, room) {
  const words = element("span", "words", { title: card.why_title }, card.why)
  if (!card.because.length) return [words]
  const pictures = card.because.map((id) => {
    const { name, src } = small[id]
    const button = element("button", "small", { type: "button", "aria-label": `Details of ${name}`, title: name })
    if (src) button.append(element("img", "", { src, alt: "", decoding: "async" }))
    button.onclick = () => room.trigger("open", id)
    return button
  })
  return [words, ...pictures]
}

function move(cards, before) {
  const kind = { duration: 260, easing: "ease-out" }
  for (const [id, li] of cards) {
    const from = before.get(id), to = li.getBoundingClientRect()
    if (!from) {
      if (before.size) li.animate([{ opacity: 0.2 }, { opacity: 1 }], kind)
    } else if (from.x !== to.x || from.y !== to.y) {
      li.animate([{ transform: `translate(${from.x - to.x}px, ${from.y - to.y}px)` }, { transform: "none" }], kind)
    }
  }
}

function element(tag, className = "", attributes = {}, text = "") {
  const made = document.createElement(tag)
  if (className) made.className = className
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  if (text) made.textContent = text
  return made
}
