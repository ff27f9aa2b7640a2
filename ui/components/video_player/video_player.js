// The player of one video and its moments. Everything is built with textContent and attributes, never with HTML.
// The file may be a clip of the video: data.offset is its start in the video. All times shown or sent to Python are
// times of the video.
const players = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  let player = players.get(parentElement)
  if (!player) {
    player = { video: parentElement.querySelector("video"), rows: [] }
    players.set(parentElement, player)
    wire(player, parentElement)
  }
  player.data = data
  player.tell = setTriggerValue
  load(player)
  if (player.token !== data.token) {
    player.token = data.token
    player.rows = data.moments.map((moment) => row(moment, player))
    parentElement.querySelector("ol").replaceChildren(...player.rows.map((each) => each.item))
  }
  parentElement.querySelector(".name").textContent = data.titled ? data.name : ""
  parentElement.querySelector(".note").textContent = data.note
  show(player, parentElement)
}

function wire(player, parent) {
  const { video } = player
  video.addEventListener("timeupdate", () => show(player, parent))
  video.addEventListener("error", () => video.getAttribute("src") && player.tell("unplayable", player.data.video))
  video.addEventListener("ended", () => playOn(player))
  video.addEventListener("pause", () => tellTime(player))
  video.addEventListener("seeked", () => video.paused && tellTime(player))
}

// Loads a new file and follows a new seek; anything else leaves playback as it is.
function load(player) {
  const { video, data } = player
  const fresh = player.src !== data.src
  if (fresh) {
    player.src = data.src
    if (data.src) video.src = data.src
    else video.removeAttribute("src")
    video.setAttribute("aria-label", data.name)
  }
  if (fresh || player.turn !== data.turn) {
    player.turn = data.turn
    seek(player, data.time)
  }
}

function seek(player, time) {
  const { video, data } = player
  const place = time - data.offset
  if (data.length !== null && (place < 0 || place > data.length)) {
    player.tell("beyond", time) // another clip is rendered around that time
    return
  }
  const jump = () => {
    video.currentTime = Math.max(0, place)
    if (player.playsOn) video.play().catch(() => {}) // a browser may refuse what was not clicked
    player.playsOn = false
  }
  player.sent = time
  if (video.readyState > 0) jump()
  else video.addEventListener("loadedmetadata", jump, { once: true })
}

// At the end of a clip, the next one is loaded and plays.
function playOn(player) {
  const { offset, length, duration } = player.data
  if (length === null || offset + length > duration - 0.5) return
  player.playsOn = true
  player.tell("beyond", offset + length + 0.05)
}

function tellTime(player) {
  const { video, data } = player
  const time = Math.round(10 * (video.currentTime + data.offset)) / 10
  if (video.readyState < 1 || video.ended || Math.abs(time - player.sent) < 0.15) return
  player.sent = time
  player.tell("at", time)
}

function row(moment, player) {
  const item = element("li")
  const open = element("button", "seek", { type: "button", "aria-label": `Go to ${moment.label}` })
  if (moment.src) open.append(element("img", "", { src: moment.src, alt: "", decoding: "async" }))
  const words = element("span", "words")
  words.append(element("span", "when", {}, moment.label))
  const facts = { title: "Estimated probability that this is what the query means, and cosine of its best frame" }
  words.append(element("span", moment.certain ? "chance" : "chance faint", facts, moment.chance))
  if (moment.said) words.append(element("span", "said", {}, moment.said))
  open.append(words)
  open.onclick = () => {
    player.playsOn = true
    seek(player, moment.enter)
    player.tell("at", moment.enter)
  }
  const more = element("span", "more")
  for (const [name, text, title] of [
    ["like", "More like this", "Search the videos by the best frame of this moment"],
    ["pictures", "Pictures like this", "Search the pictures by the best frame of this moment"],
  ]) {
    const button = element("button", "act", { type: "button", title, "aria-label": `${text}: ${moment.label}` }, text)
    button.onclick = () => player.tell(name, moment.peak)
    more.append(button)
  }
  item.append(open, more)
  return { item, moment }
}

function show(player, parent) {
  const { video, data } = player
  const time = (video.readyState > 0 ? video.currentTime : 0) + data.offset
  parent.querySelector(".where").textContent = `${clock(time, data.duration)} of ${clock(data.duration, data.duration)}`
  for (const { item, moment } of player.rows) {
    item.classList.toggle("now", time >= moment.start - 0.05 && time < moment.end)
  }
}

// As core/utils/timecode.py writes it: short videos in tenths.
function clock(seconds, within) {
  const tenths = within > 20 ? 10 * Math.floor(Math.max(0, seconds) + 0.001) : Math.round(10 * Math.max(0, seconds))
  const [hours, minutes] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60]
  const rest = String(Math.floor(tenths / 10) % 60).padStart(2, "0") + (within > 20 ? "" : `.${tenths % 10}`)
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`
}

function element(tag, className = "", attributes = {}, text = "") {
  const made = document.createElement(tag)
  if (tag === "img") made.onerror = retry
  if (className) made.className = className
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  if (text) made.textContent = text
  return made
}
