// A grid is one stop of the tab key. Arrow keys, Home and End walk inside it; Space ticks, Enter opens.
const STOPS = ".open, .small"
const NEAR = 80 // cards that are looked at for the next row

function walkByKeys(list) {
  list.addEventListener("focusin", follow) // the same function is added once
  list.onkeydown = walk
  list.onkeyup = (event) => isTick(event) && event.preventDefault() // a button is clicked as Space comes up
  if (!list.querySelector("[tabindex='0']")) makeStop(list, list.querySelector(STOPS))
}

function follow({ currentTarget, target }) {
  if (target.matches(STOPS)) makeStop(currentTarget, target)
}

function makeStop(list, button) {
  for (const other of list.querySelectorAll("[tabindex='0']")) other.tabIndex = -1
  if (button) button.tabIndex = 0
}

function walk(event) {
  if (!event.target.matches(STOPS) || event.altKey || event.ctrlKey || event.metaKey) return
  if (isTick(event)) tickOf(event.target).click()
  else {
    const next = find(event.currentTarget, event.target, event.key)
    if (!next) return
    next.focus()
    next.scrollIntoView({ block: "nearest" })
  }
  event.preventDefault()
  event.stopPropagation()
}

function find(list, from, key) {
  const stops = [...list.querySelectorAll(STOPS)]
  const at = stops.indexOf(from)
  switch (key) {
    case "ArrowRight": return stops[at + 1]
    case "ArrowLeft": return stops[at - 1]
    case "ArrowDown": return below(from, stops.slice(at + 1, at + NEAR), 1)
    case "ArrowUp": return below(from, stops.slice(Math.max(0, at - NEAR), at).reverse(), -1)
    case "Home": return stops[0]
    case "End": return stops.at(-1)
  }
}

// The nearest of the next row; with a sign of -1, of the row above.
function below(from, stops, sign) {
  const { left, top, height } = from.getBoundingClientRect()
  const places = stops.map((stop) => ({ stop, place: stop.getBoundingClientRect() }))
  const row = places.find(({ place }) => sign * (place.top - top) > height / 2)?.place.top
  const inside = places.filter(({ place }) => Math.abs(place.top - row) < height / 2)
  return inside.sort((one, other) => Math.abs(one.place.left - left) - Math.abs(other.place.left - left))[0]?.stop
}

function isTick(event) {
  return event.key === " " && event.target.matches(".open") && tickOf(event.target)
}

function tickOf(button) {
  return button.parentElement.querySelector(".tick input")
}
