/** A Markdown table whose columns are padded, so that it reads in a terminal too. */
export function table(head, rows, aligns = []) {
  const cells = [head, ...rows].map((row) => row.map((cell) => String(cell ?? '')))
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => [...row[column]].length)))
  const pad = (cell, column) => {
    const gap = ' '.repeat(widths[column] - [...cell].length)
    return aligns[column] === 'right' ? gap + cell : cell + gap
  }
  const rule = widths.map((width, column) =>
    aligns[column] === 'right' ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  )
  const line = (row) => `| ${row.join(' | ')} |`
  return [line(cells[0].map(pad)), line(rule), ...cells.slice(1).map((row) => line(row.map(pad)))].join('\n')
}
