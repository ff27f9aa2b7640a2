// The map of points: made of Sight and Grid (map_space.js), painter (map_paint.js), names and pictures (map_words.js)
// and handle (map_hand.js). Text reaches the page by textContent and canvas only.
const maps = new WeakMap()
const WAIT = 140
const LOST = 4000
const MOST_ASKED = 24
const MOST_KEPT = 800

export default function ({ data, parentElement, setTriggerValue }) {
  let map = maps.get(parentElement)
  if (!map) maps.set(parentElement, (map = new PointsMap(parentElement, data)))
  map.tell = setTriggerValue
  map.take(data)
}

class PointsMap {
  constructor(root, data) {
    this.root = root
    this.find = (name) => root.querySelector(name)
    this.frame = this.find(".frame")
    this.over = this.find(".over")
    this.pen = this.over.getContext("2d")
    this.painter = painter(this.find(".points"))
    this.sight = new Sight()
    this.mode = "move"
    this.pictures = new Map()
    this.asked = { numbers: [], since: 0 }
    this.said = { turn: 0, since: 0 }
    this.wanted = []
    this.near = -1
    this.line = null
    this.boxes = []
    this.data = data
    handle(this.over, this.hand())
    this.buttons()
    new ResizeObserver(() => this.redraw()).observe(this.frame)
    this.over.addEventListener("transitionend", () => this.redraw()) // the theme has changed
  }

  hand() {
    return {
      sight: this.sight,
      mode: () => this.mode,
      changed: () => this.changed(),
      resting: () => this.rest(),
      hover: (x, y, touch) => this.hover(x, y, touch),
      leave: () => this.hover(-999, -999),
      click: (x, y, touch) => this.click(x, y, touch),
      again: (x, y) => {
        if (this.at(x, y) < 0) this.whole()
      },
      line: (line) => {
        this.line = line
        this.redraw()
      },
      chose: (line) => this.choose(line),
      clear: () => this.clear(),
    }
  }

  buttons() {
    const acts = {
      nearer: () => this.sight.nearer(1.6),
      farther: () => this.sight.nearer(1 / 1.6),
      whole: () => this.sight.reset(),
      sight: () => this.choose(boxOf([0, 0], [this.sight.width, this.sight.height])),
      clear: () => this.clear(),
    }
    for (const button of this.root.querySelectorAll("button[data-act]"))
      button.onclick = () => {
        acts[button.dataset.act]()
        this.changed()
      }
    for (const button of this.root.querySelectorAll("button[data-mode]"))
      button.onclick = () => {
        this.mode = button.dataset.mode
        for (const each of this.root.querySelectorAll("button[data-mode]"))
          each.setAttribute("aria-pressed", String(each === button))
        this.frame.dataset.mode = this.mode
      }
  }

  // Takes what Python sends on every run; the points themselves come by URL.
  take(data) {
    if (data.layout !== this.layout) {
      this.layout = data.layout
      this.pictures.clear()
      this.asked = { numbers: [], since: 0 }
      this.sight.far = data.far
      this.sight.reset()
      this.grid = null
      this.near = -1
      this.find(".tip").hidden = true
    }
    this.data = data
    if (data.turn === this.said.turn) this.said.since = 0
    this.lit = numbersOf(data.lit)
    this.chosen = numbersOf(data.chosen)
    this.strong = new Set(this.lit ?? this.chosen ?? [])
    this.line = null
    Object.assign(this.frame.dataset, { lit: this.lit?.length ?? "", chosen: this.chosen?.length ?? "" })
    this.find("[data-act=clear]").disabled = this.chosen === null
    this.find(".legend").replaceChildren(...legend(data))
    this.over.setAttribute("aria-label", data.about)
    for (const [number, picture] of Object.entries(data.pictures)) this.keep(Number(number), picture)
    if (this.asked.numbers.every((n) => this.pictures.has(n))) this.asked = { numbers: [], since: 0 }
    if (data.source !== this.source) this.fetch(data.source, data.layout)
    this.changed()
  }

  async fetch(source, layout) {
    this.source = source
    const note = this.find(".note")
    try {
      const answer = await fetch(source)
      if (!answer.ok) throw new Error(`${answer.status}`)
      const bytes = await answer.arrayBuffer()
      if (source !== this.source) return
      const count = bytes.byteLength / 11
      const places = new Float32Array(bytes, 0, 2 * count), colours = new Uint8Array(bytes, 8 * count)
      this.colours = colours
      if (!this.grid || this.layout !== this.gridOf) this.grid = new Grid(places)
      this.gridOf = layout
      this.painter.load(places, colours)
      note.textContent = ""
      this.frame.dataset.count = count
      this.changed()
    } catch (error) {
      if (source !== this.source) return
      this.source = null
      note.textContent = "The points could not be loaded. Reload the page."
    }
  }

  keep(number, picture) {
    if (!picture.image && picture.src) {
      picture.image = new Image()
      picture.image.onload = () => {
        this.redraw()
        if (number === this.near) this.tip()
      }
      picture.image.src = picture.src
    }
    this.pictures.delete(number)
    this.pictures.set(number, picture)
    if (this.pictures.size > MOST_KEPT) this.pictures.delete(this.pictures.keys().next().value)
  }

  changed() {
    if (this.near >= 0) this.tip() // it moves with its point
    this.redraw()
    this.rest()
  }

  // When nothing has moved for a moment, requests the pictures of the visible points if they are few.
  rest() {
    clearTimeout(this.resting)
    this.resting = setTimeout(() => {
      if (!this.grid) return
      this.wanted = this.inSight() ?? []
      if (this.near >= 0) this.wanted.unshift(this.near)
      this.ask()
    }, WAIT)
  }

  inSight() {
    return this.grid.within(...this.sight.corners(), FEW)
  }

  ask() {
    clearTimeout(this.again)
    const some = [...new Set(this.wanted)].filter((n) => !this.pictures.has(n)).slice(0, MOST_ASKED)
    if (!some.length) return
    const waits = (since) => Date.now() - since < LOST
    if (waits(this.said.since) || (this.asked.numbers.length && waits(this.asked.since))) {
      this.again = setTimeout(() => this.ask(), 200)
      return
    }
    this.asked = { numbers: some, since: Date.now() }
    this.tell("peek", { layout: this.layout, numbers: some })
    this.again = setTimeout(() => this.ask(), 300)
  }

  // Sends an action to Python. No pictures are requested until it arrives: Streamlit keeps only the later of two triggers.
  say(name, value) {
    this.said = { turn: Date.now(), since: Date.now() }
    this.tell(name, { layout: this.layout, turn: this.said.turn, ...value })
  }

  at(x, y, reach = 12) {
    return this.grid ? this.grid.nearest(...this.sight.toPlace(x, y), reach / this.sight.scale) : -1
  }

  nameAt(x, y) {
    return this.boxes.find((box) => x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3])?.name
  }

  hover(x, y, touch = false) {
    const near = this.at(x, y)
    this.over.style.cursor = near >= 0 || this.nameAt(x, y) ? "pointer" : ""
    if (near === this.near || touch) return
    this.near = near
    if (near < 0) this.find(".tip").hidden = true
    this.changed()
  }

  click(x, y, touch) {
    const name = this.nameAt(x, y)
    const near = this.at(x, y, touch ? 22 : 12)
    if (near >= 0) this.say("open", { number: near })
    else if (name) this.say("choose", name.mark ? { text: name.number } : { cluster: name.cluster })
  }

  choose(line) {
    this.line = line
    this.say("choose", { line: thinned(line).map(([x, y]) => this.sight.toPlace(x, y)) })
    this.redraw()
  }

  clear() {
    this.line = null
    this.say("choose", { line: [] })
  }

  whole() {
    this.sight.reset()
    this.changed()
  }

  tip() {
    const tip = this.find(".tip"), seen = this.pictures.get(this.near)
    if (!this.grid) return
    const image = tip.querySelector("img")
    image.hidden = !seen?.src
    if (seen?.src && image.src !== seen.src) image.src = seen.src
    image.alt = seen?.name ?? ""
    tip.querySelector(".name").textContent = seen ? seen.name : "…"
    tip.querySelector(".about").textContent = seen?.about ?? ""
    const [x, y] = this.sight.toPixel(this.grid.places[2 * this.near], this.grid.places[2 * this.near + 1])
    tip.hidden = x < 0 || y < 0 || x > this.sight.width || y > this.sight.height
    tip.style.left = `${x > this.sight.width / 2 ? x - tip.offsetWidth - 14 : x + 14}px`
    tip.style.top = `${Math.max(4, Math.min(this.sight.height - tip.offsetHeight - 4, y - tip.offsetHeight / 2))}px`
  }

  redraw() {
    this.drawing ??= requestAnimationFrame(() => {
      this.drawing = null
      this.draw()
    })
  }

  draw() {
    const ratio = window.devicePixelRatio || 1
    const { clientWidth: width, clientHeight: height } = this.frame
    if (!width || !height) return
    Object.assign(this.sight, { width, height })
    for (const canvas of [this.over, this.painter.canvas]) {
      if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio)
      if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio)
    }
    const style = this.style()
    this.painter.draw(this.sight, this.layers(), style.edge, ratio)
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0)
    this.pen.clearRect(0, 0, width, height)
    if (!this.grid) return
    const few = this.inSight()
    this.frame.dataset.pictures = few?.length ? "shown" : ""
    if (few) drawPictures(this.pen, this.sight, this.grid, few, this.pictures, (n) => this.frameOf(n, style))
    this.boxes = drawNames(this.pen, this.sight, this.data.names, style)
    if (this.near >= 0) {
      const place = this.sight.toPixel(this.grid.places[2 * this.near], this.grid.places[2 * this.near + 1])
      drawRing(this.pen, ...place, this.radius() + 4, style)
    }
    if (this.line) drawLine(this.pen, this.line, style)
  }

  radius() {
    const count = this.grid ? this.grid.places.length / 2 : 1
    return Math.max(1.6, Math.min(9, 14 * count ** -0.175 * this.sight.zoom ** 0.25))
  }

  layers() {
    const radius = this.radius(), some = this.lit ?? this.chosen
    const layers = [{ numbers: null, radius, alpha: some ? 0.16 : 0.85, ring: 0 }]
    if (this.chosen) layers.push({ numbers: this.chosen, radius, alpha: this.lit ? 0.5 : 0.95, ring: 0 })
    if (this.lit) layers.push({ numbers: this.lit, radius: radius + 2.5, alpha: 1, ring: 1 })
    return layers
  }

  colourOf(n) {
    return `rgb(${this.colours.subarray(3 * n, 3 * n + 3).join(" ")})`
  }

  // The frame of a picture: of what is selected or highlighted it is strong, and the other pictures are faint.
  frameOf(n, style) {
    const some = this.lit ?? this.chosen
    if (!some) return { colour: this.colourOf(n), width: 2, alpha: 1 }
    return this.strong.has(n) ? { colour: style.primary, width: 4, alpha: 1 } : { colour: this.colourOf(n), width: 1, alpha: 0.28 }
  }

  style() {
    const found = getComputedStyle(this.over)
    const value = (name) => found.getPropertyValue(name).trim()
    return {
      text: value("--st-text-color"),
      background: value("--st-background-color"),
      primary: value("--st-primary-color"),
      font: value("--st-font") || "sans-serif",
      edge: (found.color.match(/[\d.]+/g) ?? [0, 0, 0]).slice(0, 3).map(Number),
    }
  }
}

// Packed bits, lowest first, to the numbers of those that are set; null stays null.
function numbersOf(packed) {
  if (packed === null) return null
  const bytes = atob(packed), found = []
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes.charCodeAt(at)
    for (let bit = 0; byte >> bit; bit++) if ((byte >> bit) & 1) found.push(8 * at + bit)
  }
  return Uint32Array.from(found)
}

function legend({ legend, ramp }) {
  if (ramp) {
    const bar = element("span", "ramp")
    bar.style.background = `linear-gradient(to right, ${ramp.colours.join(", ")})`
    return [element("li", "", ramp.low), bar, element("li", "", ramp.high)]
  }
  return legend.map(({ name, colour, count }) => {
    const entry = element("li"), dot = element("span", "dot")
    dot.style.background = colour
    entry.append(dot, element("span", "what", name), element("span", "count", count))
    return entry
  })
}

function element(tag, className = "", text = "") {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text) made.textContent = text
  return made
}
