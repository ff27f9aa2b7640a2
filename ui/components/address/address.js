// One entry of the history for each query or page that the visitor turns to; all else rewrites the entry at hand.
const MAIN = "[data-testid=stMain]"
const PATIENCE = 5000 // ms that a page may take until it is as long as it was

export default function ({ data }) {
  if (history.isKept) return
  history.isKept = true
  const keeper = { queries: data.queries, acted: false, places: new Map(), wanted: null }
  keepEntries(keeper)
  keepPlace(keeper)
}

function keepEntries(keeper) {
  const push = history.pushState.bind(history)
  const replace = history.replaceState.bind(history)
  const write = (state, title, url) => {
    const isNew = keeper.acted && isAnother(new URL(url ?? location.href, location.href), keeper.queries)
    keeper.acted &&= !isNew // what a page writes as it opens belongs to its entry
    ;(isNew ? push : replace)(state, title, url)
  }
  history.pushState = write
  history.replaceState = write
  for (const act of ["pointerdown", "keydown"]) addEventListener(act, () => (keeper.acted = true), true)
}

function isAnother(next, queries) {
  if (next.pathname !== location.pathname) return true
  const now = new URL(location.href)
  return queries.some((name) => (next.searchParams.get(name) ?? "") !== (now.searchParams.get(name) ?? ""))
}

// The page scrolls in an element of its own, whose place no browser keeps.
function keepPlace(keeper) {
  const here = () => location.href
  addEventListener("scroll", ({ target }) => {
    if (keeper.wanted === null && target.matches?.(MAIN)) keeper.places.set(here(), target.scrollTop)
  }, true)
  addEventListener("popstate", () => {
    keeper.acted = false
    keeper.wanted = keeper.places.get(here()) ?? null
    if (keeper.wanted !== null) goBack(keeper, performance.now() + PATIENCE)
  })
  for (const act of ["wheel", "pointerdown", "keydown", "touchstart"]) addEventListener(act, () => (keeper.wanted = null), { capture: true, passive: true })
}

function goBack(keeper, until) {
  const main = document.querySelector(MAIN)
  if (keeper.wanted === null || !main) return
  if (main.scrollHeight - main.clientHeight >= keeper.wanted) main.scrollTop = keeper.wanted
  if (performance.now() < until) requestAnimationFrame(() => goBack(keeper, until))
  else keeper.wanted = null
}
