// A large picture. Wheel, pinch, double click and buttons zoom; a drag moves it; a swipe turns to the next one.
const MOST = 8 // times
const STEP = 1.5 // of a click on + or -
const SWIPE = 60 // pixels
const TURNS = { ArrowLeft: -1, ArrowRight: 1, "st-key-details_previous": -1, "st-key-details_next": 1 }
const CORNERS = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true"><path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"/></svg>'
const views = new WeakMap()
let ahead = {} // the pictures before (-1) and after (1) the one whose address is `of`

export default function ({ data, parentElement, setTriggerValue }) {
  if (data.ahead) {
    parentElement.querySelector("figure")?.remove()
    ahead = data.ahead
    for (const by of [-1, 1]) if (ahead[by]) new Image().src = ahead[by].src
    return
  }
  let view = views.get(parentElement)
  if (!view) views.set(parentElement, (view = make(parentElement.querySelector("figure"))))
  view.tell = (by) => setTriggerValue("step", by)
  show(view, data)
  const turn = (event) => turnTo(view, event)
  for (const act of ["keydown", "click"]) document.addEventListener(act, turn, true)
  return () => {
    for (const act of ["keydown", "click"]) document.removeEventListener(act, turn, true)
  }
}

function show(view, { src, alt, aspect }) {
  view.figure.style.setProperty("--aspect", aspect)
  if (view.src === src) return
  view.src = view.image.src = src
  view.image.alt = alt
  view.image.tries = 0
  place(view, 1, 0, 0)
}

// The next picture is there at once; what is written about it follows.
function turnTo(view, event) {
  const pressed = event.key ?? [...(event.target.closest?.("[class*=st-key-details_]")?.classList ?? [])].find((name) => name in TURNS)
  const by = TURNS[pressed]
  if (by && ahead.of === view.src && ahead[by]) show(view, ahead[by])
}

function make(figure) {
  const view = { figure, image: figure.querySelector("img"), pointers: new Map(), scale: 1, x: 0, y: 0 }
  view.image.draggable = false
  view.image.onerror = retry
  figure.querySelector("figcaption").append(
    button("+", "Zoom in", () => zoom(view, STEP)),
    button("−", "Zoom out", () => zoom(view, 1 / STEP)),
    button(CORNERS, "Full screen", () => (document.fullscreenElement ? document.exitFullscreen() : figure.requestFullscreen?.())),
  )
  figure.addEventListener("wheel", (event) => {
    event.preventDefault()
    zoom(view, Math.exp(-event.deltaY / 400), event)
  }, { passive: false })
  view.image.ondblclick = (event) => zoom(view, view.scale > 1 ? 0 : 2.5, event)
  view.image.onpointerdown = (event) => down(view, event)
  view.image.onpointermove = (event) => move(view, event)
  view.image.onpointerup = view.image.onpointercancel = (event) => up(view, event)
  return view
}

function drawing(svg) {
  return new DOMParser().parseFromString(svg, "image/svg+xml").documentElement
}

function button(icon, label, run) {
  const made = document.createElement("button")
  Object.assign(made, { type: "button", title: label, onclick: run })
  made.append(icon.startsWith("<") ? drawing(icon) : icon)
  made.setAttribute("aria-label", label)
  return made
}

// Zooms by a factor around a place in the window; 0: to the whole picture.
function zoom(view, factor, at) {
  const box = view.figure.getBoundingClientRect()
  const [x, y] = at ? [at.clientX - box.left - box.width / 2, at.clientY - box.top - box.height / 2] : [0, 0]
  const scale = Math.min(MOST, Math.max(1, view.scale * factor))
  const grown = scale / view.scale
  place(view, scale, x - (x - view.x) * grown, y - (y - view.y) * grown)
}

function place(view, scale, x, y) {
  const inside = (value, length) => Math.max(-1, Math.min(1, value / ((scale - 1) * length / 2 || 1))) * (scale - 1) * length / 2
  Object.assign(view, { scale, x: inside(x, view.figure.clientWidth), y: inside(y, view.figure.clientHeight) })
  view.image.style.transform = scale > 1 ? `translate(${view.x}px, ${view.y}px) scale(${scale})` : ""
  view.figure.classList.toggle("zoomed", scale > 1)
}

function down(view, event) {
  view.image.setPointerCapture(event.pointerId)
  view.pointers.set(event.pointerId, event)
  view.start = view.pointers.size === 1 ? event : null // two fingers are no swipe
}

function move(view, event) {
  const before = view.pointers.get(event.pointerId)
  if (!before) return
  const other = [...view.pointers.values()].find((pointer) => pointer.pointerId !== event.pointerId)
  if (other) zoom(view, distance(event, other) / (distance(before, other) || 1), middle(event, other))
  else if (view.scale > 1) place(view, view.scale, view.x + event.clientX - before.clientX, view.y + event.clientY - before.clientY)
  view.pointers.set(event.pointerId, event)
}

function up(view, event) {
  view.pointers.delete(event.pointerId)
  const [across, along] = view.start ? [event.clientX - view.start.clientX, event.clientY - view.start.clientY] : [0, 0]
  view.start = null
  if (event.type === "pointerup" && view.scale === 1 && Math.abs(across) > Math.max(SWIPE, 2 * Math.abs(along))) view.tell(across < 0 ? 1 : -1)
}

function distance(one, other) {
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY)
}

function middle(one, other) {
  return { clientX: (one.clientX + other.clientX) / 2, clientY: (one.clientY + other.clientY) / 2 }
}
