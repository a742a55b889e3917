// A field to draw on, as many pixels wide as the pictures of a collection: what is drawn is searched for.

import { h } from './dom.ts'

const FINE = 12

export interface Pad {
  readonly element: HTMLElement
  clear(): void
}

/** @param drawn - called with grey values from 0 to 1, row by row, when a stroke ends. */
export function makePad(side: number, drawn: (vector: Float32Array) => void): Pad {
  const canvas = h('canvas', {
    class: 'pad',
    width: side * FINE,
    height: side * FINE,
    role: 'img',
    'aria-label': 'Draw to search',
  })
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  let last: { x: number; y: number } | undefined

  const place = (event: PointerEvent) => ({
    x: (event.offsetX / canvas.clientWidth) * canvas.width,
    y: (event.offsetY / canvas.clientHeight) * canvas.height,
  })
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId)
    last = place(event)
  })
  canvas.addEventListener('pointermove', (event) => {
    if (last === undefined) return
    const next = place(event)
    context.strokeStyle = getComputedStyle(canvas).color
    context.lineWidth = FINE * 1.5
    context.lineCap = 'round'
    context.beginPath()
    context.moveTo(last.x, last.y)
    context.lineTo(next.x, next.y)
    context.stroke()
    last = next
  })
  const end = () => {
    if (last === undefined) return
    last = undefined
    drawn(greys(context, side))
  }
  canvas.addEventListener('pointerup', end)
  canvas.addEventListener('pointercancel', end)
  return { element: canvas, clear: () => context.clearRect(0, 0, canvas.width, canvas.height) }
}

/** Means over the fine pixels of each coarse one, with the drawing's middle moved to the field's, as the digits were prepared. */
function greys(context: CanvasRenderingContext2D, side: number): Float32Array {
  const { data, width } = context.getImageData(0, 0, side * FINE, side * FINE)
  let [sum, sumX, sumY] = [0, 0, 0]
  for (let at = 0; at < width * width; at++) {
    const alpha = data[at * 4 + 3]!
    sum += alpha
    sumX += alpha * (at % width)
    sumY += alpha * Math.floor(at / width)
  }
  const [shiftX, shiftY] = sum === 0 ? [0, 0] : [Math.round(sumX / sum - width / 2), Math.round(sumY / sum - width / 2)]
  const vector = new Float32Array(side * side)
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < width; x++) {
      const [fromX, fromY] = [x + shiftX, y + shiftY]
      if (fromX < 0 || fromY < 0 || fromX >= width || fromY >= width) continue
      const lane = Math.floor(y / FINE) * side + Math.floor(x / FINE)
      vector[lane]! += data[(fromY * width + fromX) * 4 + 3]! / 255 / FINE ** 2
    }
  }
  return vector
}
