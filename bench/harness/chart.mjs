// Bar charts as one SVG file: no dependency, readable on a light and on a dark page.
import { short } from './numbers.mjs'

const WIDTH = 1_000
const COLUMNS_COUNT = 2
const MARGIN = 24
const GAP = 36
const TITLE_HEIGHT = 64
const PANEL_TITLE_HEIGHT = 44
const BAR_HEIGHT = 15
const BAR_PITCH = 21
const LABEL_WIDTH = 148
const VALUE_WIDTH = 62

const STYLE = `
  .page { fill: #ffffff }
  text { font: 12px ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328 }
  .title { font-size: 19px; font-weight: 600 }
  .panel { font-size: 14px; font-weight: 600 }
  .quiet { fill: #59636e; font-size: 11px }
  .ours { fill: #0f766e }
  .peer { fill: #b6bfc9 }
  .strong { font-weight: 600 }
  .axis { stroke: #d1d9e0 }
  .curve { fill: none; stroke-width: 2 }
  .curve.ours { fill: none; stroke: #0f766e }
  .curve.peer { fill: none; stroke: #59636e }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 }
    text { fill: #e6edf3 }
    .quiet { fill: #9198a1 }
    .ours { fill: #2dd4bf }
    .peer { fill: #4b545f }
    .axis { stroke: #3d444d }
    .curve.ours { fill: none; stroke: #2dd4bf }
    .curve.peer { fill: none; stroke: #9198a1 }
  }`

export const escapeText = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** A small label in a quiet colour. */
export const quietLabel = (x, y, text, anchor) =>
  `<text class="quiet" x="${x}" y="${y}" text-anchor="${anchor}">${escapeText(text)}</text>`

/**
 * Draws panels in two columns, the bars of a panel in the order given.
 *
 * @param {{ title: string, subtitle: string, panels: { title: string, note?: string,
 *   bars: { label: string, value: number, isOurs?: boolean }[] }[],
 *   below?: ((x: number, y: number, width: number) => { svg: string, height: number })[] }} chart - `below`: drawn under them, over the
 *   whole width.
 */
export function drawBars({ title, subtitle, panels, below = [] }) {
  const panelWidth = (WIDTH - 2 * MARGIN - GAP) / COLUMNS_COUNT
  const panelHeight = (panel) => PANEL_TITLE_HEIGHT + panel.bars.length * BAR_PITCH + 22
  // Each panel goes where the column is shorter, so that panels of unlike length do not leave holes.
  const columnHeights = Array.from({ length: COLUMNS_COUNT }, () => TITLE_HEIGHT)
  const drawn = panels.map((panel) => {
    const column = columnHeights.indexOf(Math.min(...columnHeights))
    const y = columnHeights[column]
    columnHeights[column] += panelHeight(panel)
    return drawPanel(panel, MARGIN + column * (panelWidth + GAP), y, panelWidth)
  })
  let bottom = Math.max(...columnHeights)
  for (const draw of below) {
    const { svg, height } = draw(MARGIN, bottom, WIDTH - 2 * MARGIN)
    drawn.push(svg)
    bottom += height
  }
  const height = bottom + MARGIN / 2
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>${escapeText(title)}</title>
<style>${STYLE}
</style>
<rect class="page" width="${WIDTH}" height="${height}" rx="8"/>
<text class="title" x="${MARGIN}" y="34">${escapeText(title)}</text>
<text class="quiet" x="${MARGIN}" y="53">${escapeText(subtitle)}</text>
${drawn.join('\n')}
</svg>
`
}

function drawPanel({ title, note = '', bars }, x, y, width) {
  const room = width - LABEL_WIDTH - VALUE_WIDTH
  const valueMax = Math.max(...bars.map((bar) => bar.value))
  const top = y + PANEL_TITLE_HEIGHT
  const lines = bars.map(({ label, value, isOurs = false }, row) => {
    const barY = top + row * BAR_PITCH
    const textY = barY + BAR_HEIGHT - 3
    const barWidth = Math.max(1.5, (room * value) / valueMax)
    const strong = isOurs ? ' class="strong"' : ''
    return [
      `<text x="${x + LABEL_WIDTH - 8}" y="${textY}" text-anchor="end"${strong}>${escapeText(label)}</text>`,
      `<rect class="${isOurs ? 'ours' : 'peer'}" x="${x + LABEL_WIDTH}" y="${barY}" width="${barWidth.toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>`,
      `<text x="${(x + LABEL_WIDTH + barWidth + 6).toFixed(1)}" y="${textY}"${strong}>${short(value)}</text>`,
    ].join('')
  })
  const bottom = top + bars.length * BAR_PITCH - 3
  return [
    `<text class="panel" x="${x}" y="${y + 18}">${escapeText(title)}</text>`,
    `<text class="quiet" x="${x}" y="${y + 34}">${escapeText(note)}</text>`,
    `<line class="axis" x1="${x + LABEL_WIDTH - 0.5}" y1="${top - 3}" x2="${x + LABEL_WIDTH - 0.5}" y2="${bottom}"/>`,
    ...lines,
  ].join('\n')
}
