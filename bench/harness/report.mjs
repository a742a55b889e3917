// Parts of a suite's Markdown.
import { table } from './markdown.mjs'
import { short } from './numbers.mjs'

export const count = (value) => value.toLocaleString('en-US')

/** @param {(name: string) => string} titleOf - of a peer. */
export function renderBars(bars, titleOf) {
  const head = ['figure', 'quiverdb', 'beside', 'bar', 'measured', 'met']
  const rows = bars.map(({ title, ours, peer, isMost, bar, measured, unit, isMet }) => [
    title,
    titleOf(ours).replace('quiverdb ', ''),
    peer === undefined ? '' : titleOf(peer),
    unit === 'times' ? `${isMost === true ? '≤ ' : ''}${short(bar)}×` : `≤ ${short(bar)} ${unit}`,
    unit === 'times' ? `${short(measured)}×` : `${short(measured)} ${unit}`,
    isMet ? 'yes' : 'no',
  ])
  return table(head, rows, ['left', 'left', 'left', 'right', 'right', 'left'])
}

/** A table of figures, `names` with their labels; nothing where none was measured. */
export function renderFigures(sections, title, figures, names, divisor, peers) {
  const present = Object.entries(names).filter(([figure]) => figures[figure] !== undefined)
  if (present.length === 0) return
  const measured = Object.keys(peers).filter((name) => present.some(([figure]) => figures[figure][name] !== undefined))
  // Peers as rows: there are more of them than figures, and a page is narrow.
  const rows = measured.map((name) => [
    peers[name].title,
    ...present.map(([figure]) => short((figures[figure][name]?.median ?? Number.NaN) / divisor)),
  ])
  const aligns = ['left', ...present.map(() => 'right')]
  sections.push(`## ${title}`, table(['', ...present.map(([, label]) => label)], rows, aligns))
}

export function renderChecks(checks, titleOf) {
  const rows = checks.map(({ group, checksum, peers, isSame }) => [
    group,
    `\`${checksum}\``,
    String(peers.length),
    isSame ? 'yes' : `no: ${peers.map(titleOf).join(', ')}`,
  ])
  return table(['group', 'documents : checksum', 'peers', 'all alike'], rows, ['left', 'left', 'right', 'left'])
}
