// The grid of pictures. Everything is built with textContent and attributes: a file name is never read as HTML.
const shown = new WeakMap()

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const list = parentElement.querySelector("ul")
  const send = { setStateValue, setTriggerValue }
  let state = shown.get(parentElement)
  if (state?.token !== data.token) {
    if (continues(state, data)) append(list, state, data, send)
    else if (data.piece?.first) {
      setTriggerValue("more", String(state?.of === data.piece.of ? state.held : 0)) // those before are lost
      return
    } else {
      state = { token: data.token, ticks: new Map(), forced: null, cards: [] }
      shown.set(parentElement, state)
      list.className = data.framed ? "framed" : ""
      list.replaceChildren()
      append(list, state, data, send)
    }
  }
  if (data.forced && state.forced !== data.forced.turn) {
    state.forced = data.forced.turn
    const wanted = new Set(data.forced.ids)
    for (const [id, ticks] of state.ticks) for (const tick of ticks) mark(tick, wanted.has(id))
  }
  walkByKeys(list)
  watchEnd(list, state, data, send)
}

// Whether the cards begin with those that are shown: then they stay, with what is ticked and the place on the page.
function continues(state, data) {
  if (data.piece) return state?.of === data.piece.of && data.piece.first > 0 && state.held >= data.piece.first
  if (!state || data.framed || state.kind !== kind(data)) return false
  return state.cards.length <= data.cards.length && state.cards.every((card, place) => card === JSON.stringify(data.cards[place]))
}

function kind(data) {
  return JSON.stringify([data.selectable, data.framed, data.like])
}

function append(list, state, data, send) {
  const before = data.piece?.first ?? 0
  const first = data.piece ? (state.held ?? 0) - before : state.cards.length
  const make = (card) => build(card, data, state, send)
  list.append(...(data.framed ? frames(data.cards, make) : sections(data.cards.slice(first), make, state)))
  if (data.piece) Object.assign(state, { of: data.piece.of, held: Math.max(state.held ?? 0, before + data.cards.length) })
  else state.cards = data.cards.map((card) => JSON.stringify(card))
  state.kind = kind(data)
  state.token = data.token
  if (first && ticked(state).length) send.setStateValue("selected", { token: state.token, ids: ticked(state), turn: state.forced })
}

// Asks for more cards before the end comes into view. The observed part reaches up into the grid, since margins of an
// observer do not count inside a page that scrolls in an element of its own.
function watchEnd(list, state, data, send) {
  state.observer?.disconnect()
  list.querySelector(".end")?.remove()
  if (!data.more) return
  const end = element("li", "end", { "aria-hidden": "true" })
  const reach = element("span")
  end.append(reach)
  list.append(end)
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return
    observer.disconnect()
    loaded(list).then(() => state.observer === observer && send.setTriggerValue("more", String(state.held)))
  })
  state.observer = observer
  state.observer.observe(reach)
}

// The server forgets the pictures of a run with the next one.
function loaded(list) {
  const waiting = [...list.querySelectorAll("img")].filter((image) => !image.complete)
  const end = new Promise((resolve) => setTimeout(resolve, 3000))
  return Promise.race([end, Promise.allSettled(waiting.map((image) => image.decode()))])
}

function ticked(state) {
  return [...state.ticks].filter(([, ticks]) => ticks[0].box.checked).map(([id]) => id)
}

function sections(cards, make, state) {
  return cards.flatMap((card) => {
    if (card.section === (state.section ?? "")) return [make(card)]
    state.section = card.section
    return [element("li", "section", {}, card.section), make(card)]
  })
}

function frames(cards, make) {
  const made = new Map()
  for (const card of cards) {
    if (!made.has(card.section)) made.set(card.section, element("ul", "", { role: "list" }))
    made.get(card.section).append(make(card))
  }
  return [...made].map(([section, list]) => {
    const frame = element("li", "frame", { style: `--cards: ${list.children.length}` })
    frame.append(element("div", "title", {}, section), list)
    return frame
  })
}

function build(card, data, state, { setStateValue, setTriggerValue }) {
  const item = element("li", card.page ? "page" : "")
  const open = element("button", "open", { type: "button", tabindex: "-1", "aria-label": `Details of ${card.video ? "the video " : ""}${card.name}`, title: card.name })
  if (card.src) open.append(element("img", "", { src: card.src, alt: card.name, decoding: "async" }))
  else open.append(element("span", "gone", {}, card.note))
  if (card.video) open.append(element("span", "play", { "aria-hidden": "true" }), element("span", "length", {}, card.video))
  open.onclick = () => {
    setTriggerValue("open", card.id)
    returnFocus(open)
  }
  const face = element("div", "face")
  face.append(open)
  if (data.selectable) face.append(ticker(card, item, state, setStateValue))
  if (card.copies) {
    const title = `${card.copies} near-identical, grouped with this one`
    face.append(element("span", "copies", { title }, `+${card.copies}`))
  }
  if (card.badge) face.append(element("span", "badge", {}, card.badge))
  item.append(face)
  if (card.chance !== null) {
    const meter = element("div", "meter", { "aria-hidden": "true" })
    meter.append(element("span", "", { style: `width: ${Math.round(100 * card.chance)}%` }))
    item.append(meter)
  }
  item.append(element("div", "name", { title: card.name }, card.name))
  if (card.about) item.append(element("div", "about", {}, card.about))
  if (card.chance_text || card.score) {
    const facts = element("div", "facts")
    const score = element("span", "score", { title: card.score_title })
    score.textContent = card.score
    facts.append(element("span", "", { title: card.chance_title }, card.chance_text), score)
    item.append(facts)
  }
  if (card.near.length) item.append(beside(card, setTriggerValue))
  const more = element("div", "more")
  if (card.like) more.append(act(data.like, `${data.like.replace(/ this$/, "")} ${card.name}`, () => setTriggerValue("like", card.id)))
  if (card.find) more.append(act("Find in videos", `Find ${card.name} in videos`, () => setTriggerValue("find", card.id)))
  item.append(more)
  return item
}

// Once the dialog that a card opens is closed, whoever uses the keyboard goes on from that card.
function returnFocus(button) {
  let opened = false
  const watch = new MutationObserver(() => {
    if (document.querySelector("[role=dialog]")) opened = true
    else if (opened) {
      watch.disconnect()
      if (document.activeElement === document.body) button.focus()
    }
  })
  watch.observe(document.body, { childList: true, subtree: true })
  setTimeout(() => opened || watch.disconnect(), 10_000)
}

function beside(card, setTriggerValue) {
  const row = element("div", "near")
  for (const other of card.near) {
    const button = element("button", "small", { type: "button", tabindex: "-1", "aria-label": `Details of ${other.name}`, title: other.name })
    if (other.src) button.append(element("img", "", { src: other.src, alt: "", decoding: "async" }))
    button.onclick = () => setTriggerValue("open", other.id)
    row.append(button)
  }
  return row
}

function act(text, label, run) {
  const button = element("button", "like", { type: "button", tabindex: "-1", "aria-label": label }, text)
  button.onclick = run
  return button
}

function ticker(card, item, state, setStateValue) {
  const label = element("label", "tick")
  const box = element("input", "", { type: "checkbox", tabindex: "-1", "aria-label": `Select ${card.name}` })
  if (!state.ticks.has(card.id)) state.ticks.set(card.id, [])
  const same = state.ticks.get(card.id) // a file may stand in several places
  same.push({ box, item })
  box.onclick = (event) => {
    for (const id of event.shiftKey ? between(state, card.id) : [card.id]) {
      for (const tick of state.ticks.get(id)) mark(tick, box.checked)
    }
    state.last = card.id
    setStateValue("selected", { token: state.token, ids: ticked(state), turn: state.forced })
  }
  label.append(box)
  return label
}

// The ids from the one that was ticked last to this one, in the order of the grid.
function between(state, id) {
  const ids = [...state.ticks.keys()]
  const [first, last] = [ids.indexOf(state.last ?? id), ids.indexOf(id)].sort((one, other) => one - other)
  return ids.slice(Math.max(first, 0), last + 1)
}

function mark({ box, item }, on) {
  box.checked = on
  item.classList.toggle("chosen", on)
}

function element(tag, className = "", attributes = {}, text = "") {
  const made = document.createElement(tag)
  if (tag === "img") made.onerror = retry
  if (className) made.className = className
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  if (text) made.textContent = text
  return made
}
