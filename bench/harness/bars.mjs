// Bars, for any suite: what a figure has to reach beside a peer measured in the same run, or by itself.

/**
 * `times` is quiverdb over the peer (for milliseconds: the peer over quiverdb); `atMost` is absolute.
 *
 * @typedef {{ title: string, figure: string, ours: string, peer?: string, times?: number, atMost?: number,
 *   unit?: string }} Bar
 */

/**
 * @param {(figure: string, peer: string) => number | undefined} figureOf
 * @returns {{ title: string, ours: string, peer?: string, bar: number, measured: number, unit: string, isMet: boolean }[]}
 */
export function judge(bars, figureOf) {
  const judged = []
  for (const { title, figure, figures = [figure], over, ours, peer, times, atMost, unit = 'times' } of bars) {
    const values = figures.map((name) => figureOf(name, ours))
    const rival = peer === undefined ? undefined : figureOf(figure, peer)
    const base = over === undefined ? 1 : figureOf(over, ours)
    if (values.includes(undefined) || base === undefined || (peer !== undefined && rival === undefined)) continue
    const value = Math.max(...values) / base
    if (atMost !== undefined) {
      judged.push({ title, ours, bar: atMost, measured: value, unit, isMet: value <= atMost })
    } else {
      const measured = figure.endsWith('Ms') ? rival / value : value / rival
      judged.push({ title, ours, peer, bar: times, measured, unit: 'times', isMet: measured >= times })
    }
  }
  return judged
}
