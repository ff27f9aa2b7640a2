// Draws the points: by WebGL, or plainly where the browser has none.
const VERTEX = `
attribute vec2 place; attribute vec3 colour;
uniform vec2 middle, stretch; uniform float size;
varying vec3 tint;
void main() { gl_Position = vec4((place - middle) * stretch, 0.0, 1.0); gl_PointSize = size; tint = colour; }`
const FRAGMENT = `
precision highp float;
uniform float size, alpha, ring; uniform vec3 edge;
varying vec3 tint;
void main() {
  float away = length(gl_PointCoord - 0.5) * size, rim = 0.5 * size - 0.5;
  float inside = alpha * (1.0 - smoothstep(rim - 0.5, rim + 0.5, away));
  vec3 shown = mix(tint, edge, ring * smoothstep(rim - ring - 0.5, rim - ring + 0.5, away));
  gl_FragColor = vec4(shown * inside, inside);
}`

// One layer is { numbers: Uint32Array or null for all, radius, alpha, ring (pixels) }.
function painter(canvas) {
  const gl = canvas.getContext("webgl2", { antialias: false })
  return gl ? new Fast(canvas, gl) : new Plain(canvas)
}

class Fast {
  constructor(canvas, gl) {
    Object.assign(this, { canvas, gl })
    this.start()
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault())
    canvas.addEventListener("webglcontextrestored", () => {
      this.start()
      if (this.given) this.load(...this.given)
    })
  }

  start() {
    const gl = this.gl
    const program = gl.createProgram()
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind)
      gl.shaderSource(shader, source)
      gl.compileShader(shader)
      gl.attachShader(program, shader)
    }
    gl.linkProgram(program)
    gl.useProgram(program)
    gl.enable(gl.BLEND)
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
    const names = ["middle", "stretch", "edge", "size", "alpha", "ring"]
    this.uniform = Object.fromEntries(names.map((name) => [name, gl.getUniformLocation(program, name)]))
    this.places = this.attribute(program, "place", 2, gl.FLOAT, false)
    this.colours = this.attribute(program, "colour", 3, gl.UNSIGNED_BYTE, true)
    this.some = gl.createBuffer()
  }

  attribute(program, name, parts, kind, scaled) {
    const gl = this.gl, buffer = gl.createBuffer(), place = gl.getAttribLocation(program, name)
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
    gl.enableVertexAttribArray(place)
    gl.vertexAttribPointer(place, parts, kind, scaled, 0, 0)
    return buffer
  }

  load(places, colours) {
    const gl = this.gl
    this.given = [places, colours]
    gl.bindBuffer(gl.ARRAY_BUFFER, this.places)
    gl.bufferData(gl.ARRAY_BUFFER, places, gl.STATIC_DRAW)
    gl.bindBuffer(gl.ARRAY_BUFFER, this.colours)
    gl.bufferData(gl.ARRAY_BUFFER, colours, gl.STATIC_DRAW)
  }

  draw(sight, layers, edge, ratio) {
    const gl = this.gl, stretch = 2 * sight.scale
    gl.viewport(0, 0, this.canvas.width, this.canvas.height)
    gl.clearColor(0, 0, 0, 0)
    gl.clear(gl.COLOR_BUFFER_BIT)
    if (!this.given) return
    gl.uniform2f(this.uniform.middle, ...sight.middle)
    gl.uniform2f(this.uniform.stretch, stretch / sight.width, -stretch / sight.height)
    gl.uniform3f(this.uniform.edge, ...edge.map((part) => part / 255))
    for (const layer of layers) {
      gl.uniform1f(this.uniform.size, 2 * layer.radius * ratio)
      gl.uniform1f(this.uniform.alpha, layer.alpha)
      gl.uniform1f(this.uniform.ring, layer.ring)
      if (layer.numbers === null) {
        gl.drawArrays(gl.POINTS, 0, this.given[0].length / 2)
        continue
      }
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.some)
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, layer.numbers, gl.DYNAMIC_DRAW)
      gl.drawElements(gl.POINTS, layer.numbers.length, gl.UNSIGNED_INT, 0)
    }
  }
}

class Plain {
  constructor(canvas) {
    this.canvas = canvas
    this.pen = canvas.getContext("2d")
  }

  load(places, colours) {
    this.given = [places, colours]
  }

  draw(sight, layers, edge, ratio) {
    const pen = this.pen
    pen.setTransform(ratio, 0, 0, ratio, 0, 0)
    pen.clearRect(0, 0, sight.width, sight.height)
    if (!this.given) return
    for (const { numbers, radius, alpha, ring } of layers) {
      pen.globalAlpha = alpha
      const count = numbers ? numbers.length : this.given[0].length / 2
      for (let at = 0; at < count; at++) this.dot(sight, numbers ? numbers[at] : at, radius, ring, edge)
    }
  }

  dot(sight, n, radius, ring, edge) {
    const [places, colours] = this.given
    const [x, y] = sight.toPixel(places[2 * n], places[2 * n + 1])
    if (x < -radius || y < -radius || x > sight.width + radius || y > sight.height + radius) return
    const square = (side, [r, g, b]) => {
      this.pen.fillStyle = `rgb(${r} ${g} ${b})`
      this.pen.fillRect(x - side, y - side, 2 * side, 2 * side)
    }
    if (ring) square(radius, edge)
    square(radius - ring, colours.subarray(3 * n, 3 * n + 3))
  }
}
