// Geometry: the visible part of the map, and a grid that finds the points near a place.
// Places lie in the unit square; pixels are those of CSS.
const DEEPEST = 2000
const MARGIN = 0.9

class Sight {
  constructor() {
    this.width = this.height = 1
    this.far = [1, 1]
    this.reset()
  }

  reset() {
    this.middle = [this.far[0] / 2, this.far[1] / 2]
    this.zoom = 1
  }

  get scale() {
    return this.zoom * MARGIN * Math.min(this.width / this.far[0], this.height / this.far[1])
  }

  toPixel(x, y) {
    const scale = this.scale
    return [(x - this.middle[0]) * scale + this.width / 2, (y - this.middle[1]) * scale + this.height / 2]
  }

  toPlace(px, py) {
    const scale = this.scale
    return [(px - this.width / 2) / scale + this.middle[0], (py - this.height / 2) / scale + this.middle[1]]
  }

  move(dx, dy) {
    const scale = this.scale
    this.middle = [
      Math.min(this.far[0], Math.max(0, this.middle[0] - dx / scale)),
      Math.min(this.far[1], Math.max(0, this.middle[1] - dy / scale)),
    ]
  }

  // Brings it nearer by a factor, the place under the pixel staying where it is; false where it cannot.
  nearer(factor, px = this.width / 2, py = this.height / 2) {
    const zoom = Math.min(DEEPEST, Math.max(1, this.zoom * factor))
    if (zoom === this.zoom) return false
    const [x, y] = this.toPlace(px, py)
    this.zoom = zoom
    const [nx, ny] = this.toPixel(x, y)
    this.move(px - nx, py - ny)
    if (zoom === 1) this.reset()
    return true
  }

  corners() {
    return [...this.toPlace(0, 0), ...this.toPlace(this.width, this.height)]
  }
}

class Grid {
  constructor(places) {
    const count = places.length / 2
    this.places = places
    this.side = Math.max(4, Math.min(512, Math.ceil(Math.sqrt(count / 4))))
    const cells = new Uint32Array(count)
    this.first = new Uint32Array(this.side * this.side + 1)
    for (let n = 0; n < count; n++) {
      cells[n] = this.cell(places[2 * n]) + this.side * this.cell(places[2 * n + 1])
      this.first[cells[n] + 1]++
    }
    for (let c = 0; c < this.side * this.side; c++) this.first[c + 1] += this.first[c]
    this.numbers = new Uint32Array(count)
    const next = this.first.slice()
    for (let n = 0; n < count; n++) this.numbers[next[cells[n]]++] = n
  }

  cell(value) {
    return Math.max(0, Math.min(this.side - 1, Math.floor(value * this.side)))
  }

  // Numbers of the points within a box, or null where they are more than `most`.
  within(x0, y0, x1, y1, most) {
    const found = []
    for (let row = this.cell(y0); row <= this.cell(y1); row++)
      for (let column = this.cell(x0); column <= this.cell(x1); column++) {
        const cell = row * this.side + column
        for (let at = this.first[cell]; at < this.first[cell + 1]; at++) {
          const n = this.numbers[at], x = this.places[2 * n], y = this.places[2 * n + 1]
          if (x < x0 || x > x1 || y < y0 || y > y1) continue
          if (found.length === most) return null
          found.push(n)
        }
      }
    return found
  }

  // The nearest point within a distance, -1 where there is none.
  nearest(x, y, reach) {
    let best = -1, least = reach * reach
    for (const n of this.within(x - reach, y - reach, x + reach, y + reach, Infinity)) {
      const dx = this.places[2 * n] - x, dy = this.places[2 * n + 1] - y
      if (dx * dx + dy * dy > least) continue
      least = dx * dx + dy * dy
      best = n
    }
    return best
  }
}
