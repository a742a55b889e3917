// Bars, for any suite: what a figure has to reach beside a peer measured in the same run, or by itself.

/**
 * `times` is quiverdb over the peer (for milliseconds: the peer over quiverdb); `atMost` is what it may be of the peer, of `over`
 * (another figure of quiverdb), or absolutely.
 *
 * @typedef {{ title: string, figure: string, over?: string, ours: string, peer?: string, times?: number, atMost?: number,
 *   unit?: string }} Bar
 */

/**
 * @param {(figure: string, peer: string) => number | undefined} figureOf
 * @returns {{ title: string, ours: string, peer?: string, isMost?: boolean, bar: number, measured: number, unit: string, isMet: boolean }[]}
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
      const measured = value / (rival ?? 1)
      judged.push({ title, ours, peer, isMost: true, bar: atMost, measured, unit, isMet: measured <= atMost })
    } else {
      const measured = figure.endsWith('Ms') ? rival / value : value / rival
      judged.push({ title, ours, peer, bar: times, measured, unit: 'times', isMet: measured >= times })
    }
  }
  return judged
}
