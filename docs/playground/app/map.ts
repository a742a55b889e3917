// The map: a document is a point, or its picture; hits stand out, the rest steps back. Wheel and drag, or + - and the arrows, move it.

import { h } from './dom.ts'

export interface MapContent {
  readonly places: Float32Array
  readonly labels: readonly string[]
  readonly pictures: Uint8Array | undefined
  readonly side: number
}

const HUES = 36
const MARGIN = 0.06
const SCALE_MAX = 40
const PICTURE_PIXELS = 15
/** How far from a point, in pixels, the pointer is still at it. */
const [POINT_REACH, CLICK_REACH] = [16, 80]
/** How much wider than the hits the view on them is. */
const HITS_AROUND = 1.5

export class PointMap {
  readonly element = h('canvas', { class: 'map', tabindex: 0, role: 'img' })
  /** A point was chosen. */
  onChoose: (at: number) => void = () => {}
  /** The point under the pointer. */
  onPoint: (at: number | undefined, x: number, y: number) => void = () => {}
  #content: MapContent | undefined
  #hits: readonly number[] = []
  #origin: number | undefined
  #scale = 1
  #shift = { x: 0, y: 0 }
  #sprites: HTMLCanvasElement[] = []
  #hues: string[] = []
  #isDrawing = false

  constructor() {
    new ResizeObserver(() => this.#draw()).observe(this.element)
    addEventListener('restyle', () => this.restyle())
    this.#followPointer()
    this.element.addEventListener('keydown', (event) => this.#key(event))
  }

  /** Colours by label, and pictures in them, are made once. */
  show(content: MapContent): void {
    this.#content = content
    this.#hits = []
    this.#origin = undefined
    this.#scale = 1
    this.#shift = { x: 0, y: 0 }
    this.restyle()
  }

  move(places: Float32Array): void {
    if (this.#content !== undefined) this.#content = { ...this.#content, places }
    this.#draw()
  }

  /** @param origin - the point that was searched for, if it is one. */
  highlight(hits: readonly number[], origin?: number): void {
    this.#hits = hits
    this.#origin = origin
    this.element.dataset['hits'] = String(hits.length)
    this.#draw()
  }

  /** Zooms by a factor; 0 shows everything again. */
  zoom(factor: number): void {
    this.#zoom(factor)
  }

  /** Shows the hits as large as they go, and something of what is around them. */
  zoomToHits(): void {
    const { places } = this.#content ?? { places: new Float32Array(0) }
    const shown = this.#origin === undefined ? this.#hits : [...this.#hits, this.#origin]
    if (shown.length === 0) return
    const [xs, ys] = [0, 1].map((axis) => shown.map((at) => places[at * 2 + axis]!)) as [number[], number[]]
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
    const extent = Math.max(right - left, bottom - top, 2 / SCALE_MAX) * HITS_AROUND
    this.#scale = Math.min(SCALE_MAX, Math.max(1, 2 / extent))
    const half = (1 - MARGIN) / 2
    this.#shift = { x: -((left + right) / 2) * half * this.#scale, y: -((top + bottom) / 2) * half * this.#scale }
    this.#draw()
  }

  /** Makes what depends on light and dark anew. */
  restyle(): void {
    const { labels = [], pictures, side = 0 } = this.#content ?? {}
    const style = getComputedStyle(this.element)
    const [light, chroma] = [
      style.getPropertyValue('--map-light') || '0.6',
      style.getPropertyValue('--map-chroma') || '0.15',
    ]
    const kinds = Array.from(new Set(labels)).sort()
    const isFew = kinds.length <= 20
    const hue = (label: string) => (isFew ? (kinds.indexOf(label) * Math.max(HUES, 360 / kinds.length)) % 360 : 190)
    const colours = new Map(kinds.map((label) => [label, `oklch(${light} ${chroma} ${hue(label)})`]))
    this.#hues = labels.map((label) => colours.get(label)!)
    this.#sprites = pictures === undefined ? [] : labels.map((_, at) => sprite(pictures, side, at, this.#hues[at]!))
    this.#draw()
  }

  /** Colours of the labels, for a legend; empty where there are too many. */
  get legend(): readonly (readonly [label: string, colour: string])[] {
    const pairs = new Map((this.#content?.labels ?? []).map((label, at) => [label, this.#hues[at]!]))
    return pairs.size > 20 ? [] : Array.from(pairs).sort(([a], [b]) => a.localeCompare(b))
  }

  #draw(): void {
    if (this.#isDrawing) return
    this.#isDrawing = true
    requestAnimationFrame(() => {
      this.#isDrawing = false
      this.#paint()
    })
  }

  #paint(): void {
    const { element } = this
    const ratio = devicePixelRatio
    const [width, height] = [element.clientWidth, element.clientHeight]
    if (width === 0) return
    element.width = width * ratio
    element.height = height * ratio
    const context = element.getContext('2d')!
    context.scale(ratio, ratio)
    const content = this.#content
    if (content === undefined) return
    const chosen = new Set(this.#origin === undefined ? this.#hits : [...this.#hits, this.#origin])
    context.globalAlpha = chosen.size > 0 ? 0.3 : 1
    for (let at = 0; at < content.labels.length; at++) if (!chosen.has(at)) this.#paintPoint(context, at, 1)
    context.globalAlpha = 1
    this.#paintLines(context)
    for (const at of chosen) this.#paintRing(context, at)
    for (const at of chosen) this.#paintPoint(context, at, 1.35)
  }

  #paintPoint(context: CanvasRenderingContext2D, at: number, size: number): void {
    const { x, y } = this.#place(at)
    const picture = this.#sprites[at]
    if (picture !== undefined) {
      const side = PICTURE_PIXELS * size * this.#growth
      context.drawImage(picture, x - side / 2, y - side / 2, side, side)
      return
    }
    context.fillStyle = this.#hues[at]!
    context.beginPath()
    context.arc(x, y, 2.6 * size * this.#growth, 0, Math.PI * 2)
    context.fill()
  }

  #paintLines(context: CanvasRenderingContext2D): void {
    if (this.#origin === undefined) return
    const from = this.#place(this.#origin)
    context.strokeStyle = getComputedStyle(this.element).getPropertyValue('--accent')
    context.lineWidth = 1
    for (const hit of this.#hits) {
      const to = this.#place(hit)
      context.beginPath()
      context.moveTo(from.x, from.y)
      context.lineTo(to.x, to.y)
      context.stroke()
    }
  }

  #paintRing(context: CanvasRenderingContext2D, at: number): void {
    const { x, y } = this.#place(at)
    const isOrigin = at === this.#origin
    const radius = (this.#sprites[at] === undefined ? 6 : PICTURE_PIXELS * 0.85) * this.#growth
    context.strokeStyle = getComputedStyle(this.element).getPropertyValue(isOrigin ? '--text' : '--accent')
    context.lineWidth = isOrigin ? 2.5 : 1.25
    context.beginPath()
    context.arc(x, y, radius, 0, Math.PI * 2)
    context.stroke()
  }

  /** Points grow with the scale, more slowly. */
  get #growth(): number {
    return Math.min(3, Math.sqrt(this.#scale))
  }

  #place(at: number): { x: number; y: number } {
    const { clientWidth: width, clientHeight: height } = this.element
    const { places } = this.#content!
    const half = (1 - MARGIN) / 2
    const x = 0.5 + places[at * 2]! * half
    const y = 0.5 + places[at * 2 + 1]! * half
    return {
      x: ((x - 0.5) * this.#scale + 0.5 + this.#shift.x) * width,
      y: ((y - 0.5) * this.#scale + 0.5 + this.#shift.y) * height,
    }
  }

  #near(event: MouseEvent, reach: number): number | undefined {
    if (this.#content === undefined) return undefined
    let [best, nearest]: [number | undefined, number] = [undefined, reach ** 2]
    for (let at = 0; at < this.#content.labels.length; at++) {
      const { x, y } = this.#place(at)
      const distance = (x - event.offsetX) ** 2 + (y - event.offsetY) ** 2
      if (distance < nearest) [best, nearest] = [at, distance]
    }
    return best
  }

  #zoom(factor: number, x = 0.5, y = 0.5): void {
    const scale = Math.min(SCALE_MAX, Math.max(1, this.#scale * factor))
    const by = scale / this.#scale
    // What is under the pointer stays there.
    this.#shift = { x: x - 0.5 - (x - 0.5 - this.#shift.x) * by, y: y - 0.5 - (y - 0.5 - this.#shift.y) * by }
    if (scale === 1) this.#shift = { x: 0, y: 0 }
    this.#scale = scale
    this.#draw()
  }

  #pan(x: number, y: number): void {
    this.#shift = { x: this.#shift.x + x, y: this.#shift.y + y }
    this.#draw()
  }

  #followPointer(): void {
    const { element } = this
    let moved = 0
    element.addEventListener('wheel', (event) => {
      event.preventDefault()
      this.#zoom(
        Math.exp(-event.deltaY / 400),
        event.offsetX / element.clientWidth,
        event.offsetY / element.clientHeight,
      )
    })
    element.addEventListener('pointerdown', (event) => {
      moved = 0
      element.setPointerCapture(event.pointerId)
    })
    element.addEventListener('pointermove', (event) => {
      if (event.buttons === 0) return this.onPoint(this.#near(event, POINT_REACH), event.offsetX, event.offsetY)
      moved += Math.abs(event.movementX) + Math.abs(event.movementY)
      if (moved > 4) this.#pan(event.movementX / element.clientWidth, event.movementY / element.clientHeight)
    })
    element.addEventListener('pointerleave', () => this.onPoint(undefined, 0, 0))
    element.addEventListener('click', (event) => {
      const at = this.#near(event, CLICK_REACH)
      if (moved <= 4 && at !== undefined) this.onChoose(at)
    })
  }

  #key(event: KeyboardEvent): void {
    const moves: Record<string, () => void> = {
      '+': () => this.#zoom(1.3),
      '=': () => this.#zoom(1.3),
      '-': () => this.#zoom(1 / 1.3),
      '0': () => this.#zoom(0),
      ArrowLeft: () => this.#pan(0.1, 0),
      ArrowRight: () => this.#pan(-0.1, 0),
      ArrowUp: () => this.#pan(0, 0.1),
      ArrowDown: () => this.#pan(0, -0.1),
    }
    const move = moves[event.key]
    if (move === undefined) return
    event.preventDefault()
    move()
  }
}

/** A grey picture as the coverage of a colour. */
export function sprite(pictures: Uint8Array, side: number, at: number, colour: string): HTMLCanvasElement {
  const canvas = h('canvas', { width: side, height: side })
  const context = canvas.getContext('2d')!
  const image = context.createImageData(side, side)
  for (let pixel = 0; pixel < side * side; pixel++) image.data[pixel * 4 + 3] = pictures[at * side * side + pixel]!
  context.putImageData(image, 0, 0)
  context.globalCompositeOperation = 'source-in'
  context.fillStyle = colour
  context.fillRect(0, 0, side, side)
  return canvas
}
