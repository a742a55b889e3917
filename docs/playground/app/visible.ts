// Panes work only while somebody looks at them.

/**
 * Calls `load` when the element comes into view, and answers a function that calls it now if it is in view, and else when it comes back.
 */
export function whenVisible(element: HTMLElement, load: () => void): () => void {
  let isVisible = false
  let isDue = true
  new IntersectionObserver((entries) => {
    isVisible = entries.at(-1)!.isIntersecting
    if (isVisible && isDue) run()
  }).observe(element)
  const run = () => {
    isDue = !isVisible
    if (isVisible) load()
  }
  return run
}
