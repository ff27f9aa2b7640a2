// Input on the map: drag, wheel, pinch, lasso, box and keys, by touch or mouse.
const STILL = 5
const STEP = 70

// on: { sight, mode(), changed(), resting(), hover(x, y, touch), leave(), click(x, y, touch), again(x, y), line(line | null),
// chose(line), clear() }
function handle(surface, on) {
  const down = new Map()
  let start = null, last = null, line = null, kind = null, moved = false

  const place = (event) => {
    const box = surface.getBoundingClientRect()
    return [event.clientX - box.left, event.clientY - box.top]
  }
  const spread = () => {
    const [[ax, ay], [bx, by]] = [...down.values()]
    return { apart: Math.hypot(ax - bx, ay - by), middle: [(ax + bx) / 2, (ay + by) / 2] }
  }
  const drop = () => {
    line = kind = null
    on.line(null)
  }

  surface.onpointerdown = (event) => {
    if (event.button > 0) return
    surface.setPointerCapture(event.pointerId)
    down.set(event.pointerId, place(event))
    on.leave()
    if (down.size === 2) {
      drop()
      moved = true
      last = spread()
      return
    }
    start = last = place(event)
    moved = false
    kind = event.shiftKey && on.mode() === "move" ? "lasso" : on.mode()
    if (kind !== "move") line = [start]
  }

  surface.onpointermove = (event) => {
    const at = place(event)
    if (!down.has(event.pointerId)) {
      on.hover(...at, event.pointerType !== "mouse")
      return
    }
    down.set(event.pointerId, at)
    if (down.size > 1) {
      const now = spread()
      if (last?.apart) on.sight.nearer(now.apart / last.apart, ...now.middle)
      if (last?.middle) on.sight.move(now.middle[0] - last.middle[0], now.middle[1] - last.middle[1])
      last = now
      on.changed()
      return
    }
    moved ||= Math.hypot(at[0] - start[0], at[1] - start[1]) > STILL
    if (!moved) return
    if (line) {
      if (kind === "box") line = boxOf(start, at)
      else line.push(at)
      on.line(line)
    } else if (Array.isArray(last)) {
      on.sight.move(at[0] - last[0], at[1] - last[1])
      last = at
      on.changed()
    }
  }

  surface.onpointerup = surface.onpointercancel = (event) => {
    if (!down.delete(event.pointerId) || down.size) {
      last = null
      return
    }
    if (!moved && event.type === "pointerup") on.click(...place(event), event.pointerType !== "mouse")
    else if (moved && line && line.length > 2 && event.type === "pointerup") on.chose(line)
    if (!moved || event.type !== "pointerup") drop()
    line = kind = null
    on.resting()
  }

  surface.onpointerleave = () => on.leave()
  surface.ondblclick = (event) => on.again(...place(event))
  surface.addEventListener("wheel", (event) => {
    const lines = event.deltaMode === 1 ? 16 : 1
    const factor = Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016))
    if (!on.sight.nearer(factor, ...place(event)) && !event.ctrlKey) return // the page scrolls on
    event.preventDefault()
    on.changed()
  }, { passive: false })
  surface.onkeydown = (event) => {
    const moves = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] }
    if (moves[event.key]) on.sight.move(...moves[event.key])
    else if (event.key === "+" || event.key === "=") on.sight.nearer(1.5)
    else if (event.key === "-") on.sight.nearer(1 / 1.5)
    else if (event.key === "0" || event.key === "Home") on.sight.reset()
    else if (event.key === "Escape") on.clear()
    else return
    event.preventDefault()
    on.changed()
  }
}
