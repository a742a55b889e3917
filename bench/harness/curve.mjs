// Curves of recall against rate, as a part of a chart: recall to the right, spread towards 1, and queries a second upwards, by powers of ten.
import { escapeText, quietLabel } from './chart.mjs'
import { short } from './numbers.mjs'

const HEIGHT = 300
const LEFT = 62
const BOTTOM = 34
const RECALLS = [0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999]
/** Where recall 1 stands: nothing is beyond. */
const RECALL_MAX = 0.9995
/** A stroke for each peer; ours is drawn in the colour of our bars. */
const DASHES = ['', '6 3', '2 3', '9 3 2 3', '1 4', '12 4']

const spread = (recall) => -Math.log10(1 - Math.min(recall, RECALL_MAX))

/**
 * @param {{ title: string, series: { label: string, isOurs: boolean, points: { recall: number, rate: number }[] }[] }} panel
 * @returns {{ svg: string, height: number }} drawn from (x, y) on, `width` wide.
 */
export function drawCurves({ title, series }, x, y, width) {
  const rates = series.flatMap(({ points }) => points.map(({ rate }) => rate))
  const decades = [Math.floor(Math.log10(Math.min(...rates))), Math.ceil(Math.log10(Math.max(...rates)))]
  if (decades[0] === decades[1]) decades[1]++
  const [from, to] = [spread(RECALLS[0]), spread(RECALL_MAX)]
  const plotWidth = width - LEFT - 120
  const top = y + 40
  const plotHeight = HEIGHT - 40 - BOTTOM
  const atX = (recall) => x + LEFT + (plotWidth * Math.max(0, spread(recall) - from)) / (to - from)
  const atY = (rate) => top + plotHeight * (1 - (Math.log10(rate) - decades[0]) / (decades[1] - decades[0]))
  const lines = [`<text class="panel" x="${x}" y="${y + 18}">${escapeText(title)}</text>`]
  for (const recall of RECALLS) {
    const at = atX(recall).toFixed(1)
    lines.push(`<line class="axis" x1="${at}" y1="${top}" x2="${at}" y2="${top + plotHeight}"/>`)
    lines.push(quietLabel(at, top + plotHeight + 16, String(recall), 'middle'))
  }
  for (let decade = decades[0]; decade <= decades[1]; decade++) {
    const at = atY(10 ** decade).toFixed(1)
    lines.push(`<line class="axis" x1="${x + LEFT}" y1="${at}" x2="${x + LEFT + plotWidth}" y2="${at}"/>`)
    lines.push(quietLabel(x + LEFT - 6, Number(at) + 4, short(10 ** decade), 'end'))
  }
  series.forEach(({ label, isOurs, points }, i) => {
    const sorted = points.filter(({ recall }) => recall >= RECALLS[0]).toSorted((a, b) => a.recall - b.recall)
    if (sorted.length === 0) return
    const path = sorted.map(({ recall, rate }) => `${atX(recall).toFixed(1)},${atY(rate).toFixed(1)}`)
    const kind = isOurs ? 'ours' : 'peer'
    const dash = DASHES[i % DASHES.length]
    lines.push(
      `<polyline class="curve ${kind}" points="${path.join(' ')}"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/>`,
    )
    for (const point of path)
      lines.push(`<circle class="${kind}" cx="${point.split(',')[0]}" cy="${point.split(',')[1]}" r="3"/>`)
    const [endX, endY] = path.at(-1).split(',').map(Number)
    lines.push(quietLabel(endX + 8, endY + 4 + (i % 2) * 10, label, 'start'))
  })
  return { svg: lines.join('\n'), height: HEIGHT }
}
