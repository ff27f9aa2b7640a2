// A feed of cards with reactions. Cards are kept by id: those that stay keep their picture and their focus.
// Built with textContent and attributes only: a file name is never read as HTML.
const rooms = new WeakMap()
const MARK = { like: "liked", dislike: "disliked", "": "" }
const KEPT = 40 // recent clicks, sent again with each one, so that none is lost while the page is busy

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const list = parentElement.querySelector("ul")
  let room = rooms.get(parentElement)
  if (!room) {
    room = { token: "", cards: new Map(), said: [], count: 0, mount: Math.random().toString(36).slice(2) }
    rooms.set(parentElement, room)
    hold(list, room)
  }
  room.tell = (li, id, what) => {
    room.said = [...room.said, [++room.count, id, what, [...list.children].indexOf(li)]].slice(-KEPT)
    setStateValue("said", { mount: room.mount, list: room.said })
  }
  room.trigger = setTriggerValue
  room.show = () => show(list, room, data)
  if (!room.pressed) room.show()
}

// Cards do not move while one is pressed: the press would be lost or count for another card.
function hold(list, room) {
  list.addEventListener("pointerdown", () => { room.pressed = true })
  const release = () => {
    if (room.pressed) setTimeout(() => { room.pressed = false; room.show() })
  }
  for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, release)
}

function show(list, room, data) {
  if (room.token === data.token) return
  room.token = data.token
  const focus = list.getRootNode().activeElement
  const cards = new Map(withClicks(data, room).map((card) => [card.id, fill(room.cards.get(card.id) ?? element("li"), card, data, room)]))
  for (const [id, li] of room.cards) if (!cards.has(id)) li.remove()
  for (const [place, li] of [...cards.values()].entries()) {
    if (list.children[place] !== li) list.insertBefore(li, list.children[place] ?? null)
  }
  room.cards = cards
  if (focus && list.contains(focus)) focus.focus({ preventScroll: true })
  if (room.turn !== undefined && room.turn !== data.turn && list.getBoundingClientRect().top < 0) list.scrollIntoView()
  room.turn = data.turn
}

// Clicks after the server made this answer are applied to it; the next answer includes them.
function withClicks(data, room) {
  const [mount, heard] = data.heard
  const later = new Map(room.said.filter(([n]) => mount !== room.mount || n > heard).map(([, id, said, place]) => [id, { said, place }]))
  const known = new Map(data.cards.map((card) => [card.id, card]))
  const cards = data.cards.filter((card) => !later.has(card.id))
  for (const [id, { said, place }] of [...later].sort(([, a], [, b]) => a.place - b.place)) {
    const card = known.get(id) ?? room.cards.get(id)?.card
    if (card) cards.splice(place, 0, { ...card, said, why: "", because: [], score: "" })
  }
  return cards.slice(0, data.cards.length) // rather one card less than one row more
}

function fill(li, card, data, room) {
  const parts = (li.parts ??= frame(li, card, room))
  if (!card.said) picture(parts, card) // a reaction belongs to the picture that the card had then
  li.card = card
  li.className = MARK[card.said]
  for (const [what, button] of Object.entries(parts.says)) button.setAttribute("aria-pressed", String(card.said === what))
  parts.why.replaceChildren(...because(card, data.small, room))
  parts.score.textContent = card.score
  parts.score.title = card.score_title
  return li
}

function frame(li, card, room) {
  const open = element("button", "open", { type: "button", "aria-label": `Details of ${card.video ? "the video " : ""}${card.name}`, title: card.name })
  const image = element("img", "", { src: card.src ?? "", alt: card.name, decoding: "async" })
  const length = element("span", "length", {}, card.video)
  open.append(card.src ? image : element("span", "gone", {}, card.note))
  if (card.video) open.append(element("span", "play", { "aria-hidden": "true" }), length)
  open.onclick = () => room.trigger("open", card.id)
  const says = { like: say("like", "Like", card, li, room), dislike: say("dislike", "Dislike", card, li, room) }
  const more = element("button", "also", { type: "button", "aria-label": `More like ${card.name}` }, "More like this")
  more.onclick = () => room.trigger("more", card.id)
  const row = element("div", "says"), why = element("div", "why"), score = element("span", "score")
  row.append(says.like, says.dislike, more)
  const foot = element("div", "foot")
  foot.append(why, score)
  li.append(open, row, foot)
  return { says, why, score, image, length }
}

// A video shows the moment closest to the likes, which may change.
function picture({ image, length }, card) {
  if (card.src && image.getAttribute("src") !== card.src) image.src = card.src
  length.textContent = card.video
}

function say(what, label, card, li, room) {
  const button = element("button", `say ${what === "like" ? "up" : "down"}`, { type: "button", "aria-label": `${label} ${card.name}`, title: label })
  button.onclick = () => {
    const now = button.getAttribute("aria-pressed") === "true" ? "" : what
    li.className = MARK[now] // at once; the server's answer says the same
    for (const [name, each] of Object.entries(li.parts.says)) each.setAttribute("aria-pressed", String(name === now))
    room.tell(li, card.id, now)
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

function element(tag, className = "", attributes = {}, text = "") {
  const made = document.createElement(tag)
  if (tag === "img") made.onerror = retry
  if (className) made.className = className
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  if (text) made.textContent = text
  return made
}
