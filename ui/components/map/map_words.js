// Drawn over the points: pictures, names, the mark of a point, and the line of a selection. A canvas never reads a
// file name as HTML.
const PICTURE = 58
const FEW = 100
const APART = 0.72

// frameOf(n): { colour, width (pixels), alpha } of a picture; where two would overlap, the stronger is drawn.
function drawPictures(pen, sight, grid, numbers, pictures, frameOf) {
  const taken = []
  for (const n of [...numbers].sort((a, b) => frameOf(b).alpha - frameOf(a).alpha)) {
    const image = pictures.get(n)?.image
    if (!image?.complete || !image.naturalWidth) continue
    const [x, y] = sight.toPixel(grid.places[2 * n], grid.places[2 * n + 1])
    if (taken.some(([tx, ty]) => Math.max(Math.abs(tx - x), Math.abs(ty - y)) < PICTURE * APART)) continue
    taken.push([x, y, n])
  }
  for (const [x, y, n] of taken) {
    const image = pictures.get(n).image
    const fit = PICTURE / Math.max(image.naturalWidth, image.naturalHeight)
    const w = image.naturalWidth * fit, h = image.naturalHeight * fit
    const { colour, width, alpha } = frameOf(n)
    pen.globalAlpha = alpha
    pen.fillStyle = colour
    pen.fillRect(x - w / 2 - width, y - h / 2 - width, w + 2 * width, h + 2 * width)
    pen.drawImage(image, x - w / 2, y - h / 2, w, h)
  }
  pen.globalAlpha = 1
}

// Draws names in order, without those that would overlap others. Returns the boxes of the names drawn.
function drawNames(pen, sight, names, style) {
  const boxes = []
  pen.textAlign = "center"
  pen.textBaseline = "middle"
  pen.lineJoin = "round"
  for (const name of names) {
    const [x, y] = sight.toPixel(name.x, name.y)
    if (x < 0 || y < 0 || x > sight.width || y > sight.height) continue
    pen.font = `${name.mark ? "italic 500" : "600"} 13px ${style.font}`
    const text = name.text.length > 34 ? `${name.text.slice(0, 33)}…` : name.text
    const half = pen.measureText(text).width / 2 + 3
    const middle = Math.max(half, Math.min(sight.width - half, x))
    const line = name.mark ? y - 15 : y
    const box = [middle - half, line - 10, middle + half, line + 10]
    if (boxes.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue
    boxes.push(Object.assign(box, { name }))
    if (name.mark) drawMark(pen, x, y, style)
    pen.lineWidth = 4
    pen.strokeStyle = style.background
    pen.strokeText(text, middle, line)
    pen.fillStyle = style.text
    pen.fillText(text, middle, line)
  }
  return boxes
}

function drawMark(pen, x, y, style) {
  pen.beginPath()
  pen.moveTo(x, y - 7)
  pen.lineTo(x + 7, y)
  pen.lineTo(x, y + 7)
  pen.lineTo(x - 7, y)
  pen.closePath()
  pen.fillStyle = style.text
  pen.strokeStyle = style.background
  pen.lineWidth = 2
  pen.fill()
  pen.stroke()
}

function drawRing(pen, x, y, radius, style) {
  pen.beginPath()
  pen.arc(x, y, radius, 0, 2 * Math.PI)
  pen.strokeStyle = style.text
  pen.lineWidth = 2
  pen.stroke()
}

function drawLine(pen, line, style) {
  if (line.length < 2) return
  pen.beginPath()
  line.forEach(([x, y], at) => (at ? pen.lineTo(x, y) : pen.moveTo(x, y)))
  pen.closePath()
  pen.globalAlpha = 0.16
  pen.fillStyle = style.primary
  pen.fill()
  pen.globalAlpha = 1
  pen.strokeStyle = style.primary
  pen.lineWidth = 2
  pen.setLineDash([6, 4])
  pen.stroke()
  pen.setLineDash([])
}

// At most so many corners: every k-th of a line drawn by hand is as good.
function thinned(line, most = 400) {
  const step = Math.ceil(line.length / most)
  return line.filter((_, at) => at % step === 0)
}

function boxOf([x0, y0], [x1, y1]) {
  return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
}
