// The map of a saved page: points to look at, by mouse, touch and keys. Everything is in the page; nothing is fetched.
"use strict"
const data = JSON.parse(document.getElementById("data").textContent)
const frame = document.querySelector(".map"), canvas = frame.querySelector("canvas"), tip = frame.querySelector(".tip")
const legend = document.querySelector(".legend"), pen = canvas.getContext("2d")
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer
const places = new Float32Array(bytes(data.places)), groups = new Int16Array(bytes(data.of))
const count = groups.length, REACH = 14, FAR = 400
const view = { x: 0, y: 0, scale: 1 }
let width = 0, height = 0, base = 1, only = -2, pointed = -1, waiting = false

const colour = (group) => data.clusters[group]?.colour ?? data.grey
const toX = (n) => (places[2 * n] - view.x) * base * view.scale + width / 2
const toY = (n) => height / 2 - (places[2 * n + 1] - view.y) * base * view.scale

function fit() {
  width = frame.clientWidth
  height = frame.clientHeight
  const ratio = window.devicePixelRatio || 1
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(height * ratio)
  pen.setTransform(ratio, 0, 0, ratio, 0, 0)
  base = Math.min(width / data.span[0], height / data.span[1]) * 0.92
  ask()
}

function whole() {
  Object.assign(view, { x: data.middle[0], y: data.middle[1], scale: 1 })
  ask()
}

function ask() {
  if (!waiting) requestAnimationFrame(draw)
  waiting = true
}

function draw() {
  waiting = false
  const style = getComputedStyle(document.documentElement)
  const [text, back] = ["--text", "--back"].map((name) => style.getPropertyValue(name).trim())
  pen.clearRect(0, 0, width, height)
  const radius = Math.max(1.6, Math.min(5, 60 / Math.sqrt(count))) * Math.min(2.2, Math.sqrt(view.scale))
  for (const lit of only === -2 ? [true] : [false, true]) {
    pen.globalAlpha = only === -2 ? 0.85 : lit ? 0.95 : 0.12
    for (let n = 0; n < count; n++) {
      if (only !== -2 && (groups[n] === only) !== lit) continue
      const x = toX(n), y = toY(n)
      if (x < -radius || y < -radius || x > width + radius || y > height + radius) continue
      pen.fillStyle = colour(groups[n])
      pen.beginPath()
      pen.arc(x, y, radius, 0, 7)
      pen.fill()
    }
  }
  pen.globalAlpha = 1
  names(text, back)
  if (pointed >= 0) {
    pen.strokeStyle = text
    pen.lineWidth = 2
    pen.beginPath()
    pen.arc(toX(pointed), toY(pointed), radius + 3, 0, 7)
    pen.stroke()
  }
}

// The words of texts, and the names of clusters, larger ones first; one that would lie on another is left out.
function names(text, back) {
  const taken = []
  pen.font = "600 12.5px system-ui, sans-serif"
  pen.textAlign = "center"
  pen.textBaseline = "middle"
  pen.lineJoin = "round"
  const texts = data.texts.map((n) => ({ name: data.names[n], middle: n }))
  for (const { name, middle } of [...texts, ...data.clusters]) {
    if (middle < 0 || (only !== -2 && only !== groups[middle])) continue
    const label = name.length > 28 ? `${name.slice(0, 27)}…` : name
    const x = toX(middle), y = toY(middle), half = pen.measureText(label).width / 2 + 5
    if (x < half || x > width - half || y < 10 || y > height - 10) continue
    if (taken.some((other) => Math.abs(other.x - x) < other.half + half && Math.abs(other.y - y) < 18)) continue
    taken.push({ x, y, half })
    pen.strokeStyle = back
    pen.lineWidth = 4
    pen.strokeText(label, x, y)
    pen.fillStyle = text
    pen.fillText(label, x, y)
  }
}

function nearest(x, y) {
  let best = -1, least = REACH * REACH
  for (let n = 0; n < count; n++) {
    if (only !== -2 && groups[n] !== only) continue
    const away = (toX(n) - x) ** 2 + (toY(n) - y) ** 2
    if (away < least) [best, least] = [n, away]
  }
  return best
}

function point(n) {
  pointed = n
  tip.hidden = n < 0
  if (n >= 0) {
    const [image, name, about] = [tip.querySelector("img"), tip.querySelector("b"), tip.querySelector("span")]
    const source = data.pictures[n]
    image.hidden = !source
    if (source) image.src = source
    name.textContent = data.names[n]
    about.textContent = data.clusters[groups[n]]?.name ?? data.nameless
    const x = toX(n), y = toY(n)
    tip.style.left = `${Math.max(4, Math.min(width - tip.offsetWidth - 4, x + 14))}px`
    tip.style.top = `${y + 14 + tip.offsetHeight > height ? Math.max(4, y - tip.offsetHeight - 14) : y + 14}px`
  }
  ask()
}

function nearer(factor, x, y) {
  const scale = Math.min(FAR, Math.max(0.5, view.scale * factor)), before = base * view.scale, after = base * scale
  view.x += (x - width / 2) * (1 / before - 1 / after)
  view.y -= (y - height / 2) * (1 / before - 1 / after)
  view.scale = scale
  point(-1)
}

function move(x, y) {
  view.x -= x / (base * view.scale)
  view.y += y / (base * view.scale)
  ask()
}

const down = new Map()
const at = (event) => {
  const box = canvas.getBoundingClientRect()
  return [event.clientX - box.left, event.clientY - box.top]
}
canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId)
  down.set(event.pointerId, at(event))
})
for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => down.delete(event.pointerId))
canvas.addEventListener("pointerleave", () => down.size || point(-1))
canvas.addEventListener("pointermove", (event) => {
  const [x, y] = at(event)
  if (!down.has(event.pointerId)) return point(nearest(x, y))
  const others = [...down].filter(([id]) => id !== event.pointerId).map(([, place]) => place)
  const [beforeX, beforeY] = down.get(event.pointerId)
  down.set(event.pointerId, [x, y])
  if (!others.length) return move(x - beforeX, y - beforeY)
  const [otherX, otherY] = others[0], far = (a, b) => Math.hypot(a - otherX, b - otherY)
  nearer(far(x, y) / Math.max(1, far(beforeX, beforeY)), (x + otherX) / 2, (y + otherY) / 2)
})
canvas.addEventListener("click", (event) => point(nearest(...at(event))))
canvas.addEventListener("wheel", (event) => {
  event.preventDefault()
  nearer(Math.exp(-event.deltaY / 400), ...at(event))
}, { passive: false })
canvas.addEventListener("keydown", (event) => {
  const act = {
    "+": () => nearer(1.4, width / 2, height / 2), "-": () => nearer(1 / 1.4, width / 2, height / 2), "0": whole,
    ArrowLeft: () => move(60, 0), ArrowRight: () => move(-60, 0), ArrowUp: () => move(0, 60),
    ArrowDown: () => move(0, -60), Escape: () => show(-2),
  }[event.key]
  if (act) {
    event.preventDefault()
    act()
  }
})

function show(group) {
  only = only === group ? -2 : group
  for (const button of legend.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(only === Number(button.dataset.group)))
  }
  point(-1)
}
for (const button of legend.querySelectorAll("button")) {
  button.addEventListener("click", () => show(Number(button.dataset.group)))
}
const acts = { nearer: 1.5, farther: 1 / 1.5 }
for (const button of document.querySelectorAll(".tools button")) {
  button.addEventListener("click", () => {
    if (button.dataset.act === "whole") whole()
    else nearer(acts[button.dataset.act], width / 2, height / 2)
  })
}
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ask)
new ResizeObserver(fit).observe(frame)
fit()
whole()
