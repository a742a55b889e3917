// Elements in one expression.

type Child = Node | string | number | undefined | false

type Props = {
  readonly [name: string]: string | number | boolean | undefined | ((event: never) => void)
}

/** Makes an element: `on...` are listeners, `true` and `false` set and leave out an attribute, the rest are attributes. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue
    if (typeof value === 'function')
      element.addEventListener(name.slice(2).toLowerCase(), value as (event: Event) => void)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(
    ...children
      .filter((child) => child !== undefined && child !== false)
      .map((child) => (child instanceof Node ? child : String(child))),
  )
  return element
}

/** A drawing of one stroke path on a field of 24. */
export function icon(path: string): SVGSVGElement {
  const space = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(space, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const stroke = document.createElementNS(space, 'path')
  stroke.setAttribute('d', path)
  svg.append(stroke)
  return svg
}

const NUMBERS = new Intl.NumberFormat('en')

export function count(number: number): string {
  return NUMBERS.format(number)
}

export function bytes(number: number): string {
  if (number < 1_000) return `${number} B`
  return number < 1e6 ? `${(number / 1e3).toFixed(1)} kB` : `${(number / 1e6).toFixed(1)} MB`
}

export function milliseconds(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(ms >= 10_000 ? 1 : 2)} s`
  return ms >= 100 ? `${ms.toFixed(0)} ms` : ms >= 1 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(2)} ms`
}
