// Frames of one video in the order of time, and its moments as buttons. Built with textContent and attributes only.
const shown = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  if (shown.get(parentElement) === data.token) return
  shown.set(parentElement, data.token)
  const go = (time) => setTriggerValue("seek", time)
  parentElement.querySelector(".frames").replaceChildren(...data.frames.map((frame) => picture(frame, go)))
  parentElement.querySelector(".moments").replaceChildren(...data.moments.map((moment) => chip(moment, go)))
}

function picture(frame, go) {
  const label = `Go to ${frame.label}`
  const button = element("button", frame.inside ? "frame inside" : "frame", { type: "button", "aria-label": label })
  if (frame.src) button.append(element("img", "", { src: frame.src, alt: "", decoding: "async" }))
  button.append(element("span", "time", {}, frame.label))
  button.onclick = () => go(frame.time)
  return button
}

function chip(moment, go) {
  const name = moment.certain ? "moment certain" : "moment"
  const button = element("button", name, { type: "button", "aria-label": `Go to the moment ${moment.label}` })
  button.append(element("span", "when", {}, moment.label), element("span", "chance", {}, moment.chance))
  button.onclick = () => go(moment.enter)
  return button
}

function element(tag, className = "", attributes = {}, text = "") {
  const made = document.createElement(tag)
  if (tag === "img") made.onerror = retry
  if (className) made.className = className
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  if (text) made.textContent = text
  return made
}
